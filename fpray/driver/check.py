"""From the words of a command to an `Experiment`: everything that can be known before a machine is asked."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from fpray.cluster.inventory import read_inventory
from fpray.driver.compared import Settings
from fpray.driver.experiment import Environment, Experiment, Outputs, Policy, Where
from fpray.driver.named_jar import named_jar
from fpray.driver.option import attributes, fields, named
from fpray.driver.options import BaseOptions, SweepOptions
from fpray.driver.read_options import read_options, with_defaults
from fpray.driver.secret_words import scrubbed, secrets_of
from fpray.driver.selection import Selected, TrialSelection, select_grid
from fpray.errors import Cause, Problem, Refused, nearest, refuse_if_any
from fpray.jar.find import REFERENCE, Jar
from fpray.plan.capacity import region_problems
from fpray.plan.cluster import Cluster
from fpray.plan.command_line import Paths
from fpray.plan.estimate import process_count
from fpray.plan.placement import placement_problems, shape
from fpray.plan.placement_policy import EVERY_ROLE
from fpray.plan.plan import Trial
from fpray.protocol.params import content_hash
from fpray.protocol.protocol import Protocol
from fpray.store.suite_record import SWEEP
from fpray.study.registry import find_protocol
from fpray.trial.instrument_registry import find_instruments, usual_instruments

T = TypeVar("T")
Checked = TypeVar("Checked", bound=Experiment)
MOST_PROCESSES = 10_000
# Where a process listens, which process it is, and where it reads and writes.
_OWN_FLAGS = {"host", "port", "config", "prometheus_host", "prometheus_port", "output_file_prefix"}


@dataclass
class Words:
    """The words of a command, read: the value of each option, and what is wrong with them so far."""

    protocol: str
    values: Mapping[str, Any]
    problems: list[Problem]
    command: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    options: type = SweepOptions

    @staticmethod
    def read(options: type, protocol: str, words: Mapping[str, Any], command: str) -> Words:
        """The words of an options class."""
        values, problems = read_options(options, words)
        command = scrubbed(command, secrets_of(values))
        return Words(protocol, values, problems, command, {"protocol": protocol, **words}, options)

    def collect(self, look: Callable[[], T]) -> T | None:
        """What a function finds out; None, and its problems noted, where it refuses."""
        try:
            return look()
        except Refused as refused:
            self.problems.extend(refused.problems)
            return None


def check_sweep(protocol: str, words: Mapping[str, Any], command: str = "") -> Experiment:
    """The experiment that `fpray sweep` or `fpray.sweep` was asked for.

    Raises:
        Refused: with every problem at once.
    """
    return check(Words.read(SweepOptions, protocol, words, command))


def check_plan(protocol: str, words: Mapping[str, Any]) -> Experiment:
    """The same for `fpray plan`: the jar may be elsewhere, and what this version does not run yet is planned.

    The options of a sweep that `fpray plan` does not take have their defaults.

    Raises:
        Refused: with every problem at once.
    """
    return check(Words.read(SweepOptions, protocol, words, ""), plan_only=True)


def check(
    words: Words, select: Callable[[TrialSelection], Selected] = select_grid, *, plan_only: bool = False
) -> Experiment:
    """The experiment that words ask for; `select` says which trials that is.

    Raises:
        Refused: with every problem at once.
    """
    values = words.values
    selection = TrialSelection.from_options(words.protocol, values)
    protocol = words.collect(lambda: find_protocol(selection.protocol))
    choice = words.collect(lambda: select(selection)) if protocol is not None else None
    where = words.collect(lambda: where_of(values)) or Where()
    trials = choice.trials if choice else ()
    jar = None
    if not plan_only and protocol is not None:
        jar = words.collect(lambda: named_jar(values["jar"], protocol, trials))
    instruments = words.collect(lambda: find_instruments(values["instrument"])) or ()
    if protocol is not None:
        words.problems += _role_problems(protocol, values)
    cluster = replace(where.inventory.expected_machines(), policy=values["place"])
    if choice is not None:
        words.problems += _trial_problems(choice, cluster, where, plan_only=plan_only)
    if not plan_only:
        words.problems += _later_problems(selection, trials)
        words.problems += jar_problems(len(cluster.addresses()), has_name=values["jar"] is not None)
        words.problems += _platform_problems()
    refuse_if_any(words.problems)
    assert choice is not None
    points, settings = selection.to_json(), Settings.of(words.options, values)
    return Experiment(
        kind=SWEEP,
        selection=selection,
        points=points,
        protocol=choice.protocol,
        study=choice.study,
        trials=choice.trials,
        environment=_environment(values, jar),
        where=where,
        policy=Policy(**attributes(Policy, SweepOptions, with_defaults(SweepOptions, values))),
        outputs=_outputs(words, choice.remarks),
        settings=settings,
        key=suite_key(points, settings),
        instruments=[*usual_instruments(), *instruments],
    )


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


def jar_problems(machines: int, *, has_name: bool) -> list[Problem]:
    """Several machines run no jar that is chosen by default."""
    if machines < 2 or has_name:
        return []
    sentence = f"is required on several machines ({machines} here): name your jar, such as -j frankenpaxos.jar"
    sentence = f"{sentence}, or write -j reference for fpray's small example jar"
    return [Problem(named(BaseOptions, "jar").spellings, sentence, Cause.JAR)]


def cluster_problems(protocol: Protocol[Any], trials: Sequence[Trial[Any]], cluster: Cluster) -> list[Problem]:
    """Why the cluster has no place for a trial even when all of its machines are free, if so."""
    shapes = {shape(protocol, trial.params): trial for trial in trials}  # of thousands of trials, a few
    largest = sorted(shapes.values(), key=process_count, reverse=True)
    problems = [problem for trial in largest for problem in placement_problems(protocol, trial.params, cluster)]
    return list({problem.about: problem for problem in reversed(problems)}.values())[::-1]  # each pool's worst


def _environment(values: Mapping[str, Any], jar: Jar | None) -> Environment:
    """The environment of trials; a jar that was not looked into is a stand-in by its name."""
    reference = values["jar"] in (None, REFERENCE)
    stand_in = Jar(Path(Paths().jar if reference else values["jar"]), "", "", reference)
    own = {"jar": jar or stand_in, "jar_named": values["jar"] is not None}
    return Environment(**{**attributes(Environment, BaseOptions, values), **own})


def _outputs(words: Words, remarks: Sequence[str]) -> Outputs:
    values, remark = words.values, words.values["address"].remark
    return Outputs(
        values["suite_directory"],
        values["raw"] == "keep",
        values["max_output"],
        values["notify"],
        words.command,
        (*([remark] if remark else []), *remarks),
        {
            "protocol": words.protocol,
            **values,
            "address": values["address"].ray,
            "suite_directory": str(values["suite_directory"]),
        },
    )


def _trial_problems(choice: Selected, cluster: Cluster, where: Where, *, plan_only: bool) -> list[Problem]:
    """Trials that are too large for any cluster, or for the machines that are named."""
    most = max((process_count(trial) for trial in choice.trials if trial.repeat == 0), default=0)
    if most > MOST_PROCESSES:
        return [
            Problem(
                f"{most} processes",
                f"are too many for one trial: at most {MOST_PROCESSES} are possible. Lower its parameters num_*",
                Cause.MACHINES,
            )
        ]
    problems = []
    # Without a cluster file, a sweep's machines are known later, and a plan's stand for any.
    if where.file or plan_only:
        problems += cluster_problems(choice.protocol, choice.trials, cluster)
    if where.file or not plan_only:
        points = [trial.params for trial in choice.trials]
        problems += region_problems(choice.study.regions, choice.protocol, points, cluster)
    return problems


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
                own = "is a flag that fpray itself sets, to another value for each process: remove it"
                yield Problem(f"--flag {role.name}:--{name}", own, Cause.OPTION)


def _later_problems(selection: TrialSelection, trials: Sequence[Trial[Any]]) -> Iterator[Problem]:
    """Options that this version reads and plans, but does not run yet."""
    for item in fields(BaseOptions):
        name = item.option.parameter
        if name and (name in selection.set or any(getattr(trial.params, name) for trial in trials)):
            sentence = "cannot be run yet, because this version of fpray does not implement it: remove it"
            yield Problem(item.spellings, sentence, Cause.OPTION)


def _platform_problems() -> list[Problem]:
    """Running trials needs Linux; reading, planning and showing do not."""
    if platform.system() == "Linux":
        return []
    sentence = (
        "trials run on Linux only: run this command on a Linux machine. On this machine you can use fpray plan, fpray"
        " protocols and fpray show"
    )
    return [Problem(platform.system(), sentence, Cause.PLATFORM)]
