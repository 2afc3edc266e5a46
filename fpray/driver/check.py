"""From the words of a command to an `Experiment`: what is planned, with what, where, and what is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from fpray.cluster.inventory import read_inventory
from fpray.driver.compared import Settings
from fpray.driver.experiment import Environment, Experiment, Outputs, Policy, Where
from fpray.driver.instruments import find_instruments, usual_instruments
from fpray.driver.option import attributes, named
from fpray.driver.options import BaseOptions, SweepOptions
from fpray.driver.read_options import Words, collect
from fpray.driver.selection import Selected, grid_of_options
from fpray.driver.trial_problems import jar_problems, trial_problems
from fpray.errors import Cause, Problem, nearest, refuse_if_any
from fpray.files.paths import GivenPath
from fpray.jar.find import REFERENCE, Jar
from fpray.plan.command_line import Paths
from fpray.plan.placement_policy import EVERY_ROLE
from fpray.plan.plan import Trial
from fpray.protocol.params import content_hash
from fpray.protocol.protocol import Protocol
from fpray.store.suite_record import SWEEP
from fpray.study.registry import find_protocol

# Flags that fpray itself sets: the addresses of a process, and the files that it reads and writes.
_OWN_FLAGS = {"host", "port", "config", "prometheus_host", "prometheus_port", "output_file_prefix"}


class Means(NamedTuple):
    """What a command that runs trials finds out beside what is planned, see `fpray.driver.means`.

    Attributes:
        where: on which machines, with what the environment says of it.
        jar: the jar that the user names, looked into; None: the reference jar.
        suite: the suite that `-s` names, to continue it; None where suites are made there.
    """

    where: Where
    jar: Jar | None = None
    suite: Path | None = None


Select = Callable[[str, Mapping[str, Any]], Selected]
FindMeans = Callable[[Words, Where, Protocol[Any] | None, Sequence[Trial[Any]]], Means]


def check_plan(protocol: str, words: Mapping[str, Any]) -> Experiment:
    """The experiment that `fpray plan` was asked for: the jar may be elsewhere, and what does not run yet is planned.

    The options of a sweep that `fpray plan` does not take have their defaults. What only measures is left out.

    Raises:
        Refused: with every problem at once.
    """
    return check(Words.read(SweepOptions, protocol, {**words, "no_samples": True}, ""))


def check(words: Words, select: Select = grid_of_options, find_means: FindMeans | None = None) -> Experiment:
    """The experiment that words ask for.

    select: protocol and values of options -> the trials. find_means: what running them needs; None: they are planned.

    Raises:
        Refused: with every problem at once.
    """
    values = words.values
    protocol = collect(words.problems, lambda: find_protocol(words.protocol))
    choice = collect(words.problems, lambda: select(words.protocol, values)) if protocol is not None else None
    recorded_selection = choice.selection.to_json() if choice is not None else None
    where = collect(words.problems, lambda: where_of(values)) or where_of({**values, "cluster": None})
    instruments = collect(words.problems, lambda: find_instruments(values["instrument"])) or ()
    if protocol is not None:
        words.problems += _role_problems(protocol, values)
    cluster = replace(where.inventory.expected_machines(), policy=values["place"])
    if choice is not None:
        words.problems += trial_problems(
            choice, cluster, is_listed=where.file is not None, plan_only=find_means is None
        )
    means = Means(where)
    if find_means is not None:
        words.problems += jar_problems(len(cluster.addresses()), has_name=values["jar"] is not None)
        means = find_means(words, where, protocol, choice.trials if choice else ())
    heap_problems = choice.heap_problems if choice is not None else ()
    if heap_problems and not _is_continued(recorded_selection, values, means.suite):
        words.problems += heap_problems
    refuse_if_any(words.problems)
    assert choice is not None
    outputs, environment = _outputs(words, means.suite, choice.remarks), _environment(values, means.jar)
    policy, settings = Policy(**attributes(Policy, SweepOptions, values)), Settings.of(words.options, values)
    return Experiment(
        kind=SWEEP,
        selection=choice.selection,
        recorded_selection=recorded_selection,
        protocol=choice.protocol,
        study=choice.study,
        trials=choice.trials,
        environment=environment,
        where=means.where,
        policy=policy,
        outputs=outputs,
        settings=settings,
        key=suite_key(recorded_selection, settings),
        study_file=choice.study_file,
        instruments=[*usual_instruments(values), *instruments],
    )


def _is_continued(recorded_selection: Any, values: Mapping[str, Any], suite: Path | None) -> bool:
    """Whether a suite that the command may continue has these trials already. suite: the one that is named."""
    from fpray.driver.named_suite import is_in_suite  # most commands need no suite to be planned

    directory = values["suite_directory"]
    is_usable = isinstance(directory, GivenPath) and not values["new"]
    return is_usable and is_in_suite(recorded_selection, suite, directory.path)


def suite_key(identity: Any, settings: Settings) -> str:
    """Equal for commands that continue each other's suite: of equal identity, in an equal environment."""
    return content_hash([identity, settings.entries()])


def where_of(values: Mapping[str, Any]) -> Where:
    """The machines that the options `cluster`, `address`, `local` and `scratch` name; the file is read.

    Raises:
        Refused: the file is wrong.
    """
    file = Path(values["cluster"]) if values["cluster"] else None
    return Where(values["address"].ray, values["local"], read_inventory(file), file, values.get("scratch"))


def _environment(values: Mapping[str, Any], jar: Jar | None) -> Environment:
    """The environment of trials; a jar that was not looked into is a stand-in by its name."""
    reference = values["jar"] in (None, REFERENCE)
    stand_in = Jar(Path(Paths().jar if reference else values["jar"]), "", "", reference)
    own = {"jar": jar or stand_in, "jar_named": values["jar"] is not None}
    return Environment(**{**attributes(Environment, BaseOptions, values), **own})


def _outputs(words: Words, suite: Path | None, remarks: Sequence[str]) -> Outputs:
    values, remark = words.values, words.values["address"].remark
    return Outputs(
        values["suite_directory"].path,
        suite,
        values["raw"] == "keep",
        values["max_output"],
        values["notify"],
        words.secrets,
        words.command,
        (*([remark] if remark else []), *remarks),
        {**words.stored, "address": values["address"].ray},
    )


def _role_problems(protocol: Protocol[Any], values: Mapping[str, Any]) -> Iterator[Problem]:
    """Roles of `--jvm-arg`, `--flag` and `--place` that the protocol does not have, and flags that fpray gives."""
    roles = [role.name for role in protocol.roles]
    for name in ("jvm_arg", "flags", "place"):
        for role in values[name]:
            if role not in (*roles, EVERY_ROLE if name == "place" else None):
                sentence = f"{protocol.name} has no such role{nearest(role, roles)}; its roles: {', '.join(roles)}"
                yield Problem(f"{named(BaseOptions, name).flag} {role}", sentence, Cause.OPTION)
    for role in protocol.roles:
        for name in values["flags"].get(role.name, {}):
            if name in _OWN_FLAGS or name in role.flag_names(1):
                own = "is a flag that fpray itself sets for each process: remove it from your command"
                yield Problem(f"--flag {role.name}:--{name}", own, Cause.OPTION)
