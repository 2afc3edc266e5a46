"""Which suite an experiment belongs to: one that is named, one that the same command left, or a new one."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain
from pathlib import Path

from fpray.driver.experiment import Experiment
from fpray.driver.resume import selected_by
from fpray.errors import Cause, FprayError, refuse
from fpray.files import layout
from fpray.files.paths import short_path
from fpray.jar.provenance import of_driver
from fpray.report.show import jar_of
from fpray.report.status import DIED, SuiteState
from fpray.report.text import say
from fpray.store.find import suites
from fpray.store.strange_files import refuse_strange_files
from fpray.store.suite import Suite
from fpray.store.suite_record import PILOT, SuiteRecord

Unfinished = Callable[[Suite, Experiment], bool]
_NEW = "To start a new suite (directory of results), add --new: the old results are kept"


def choose_suite(experiment: Experiment, unfinished: Unfinished | None = None) -> Suite:
    """The suite that is named, the newest one that this command continues, or a new one.

    unfinished: whether a suite of this command has anything left to run; by its list of trials where there is none.

    Raises:
        Refused: the suite is of something else, or cannot be written.
    """
    if (with_name := named_suite(experiment)) is not None:
        return with_name
    before = _of_same_command(experiment)
    for suite in before:
        if (unfinished or _lacks_trials)(suite, experiment) or _was_killed(suite):
            return _checked(suite, experiment)
    suite = _new_suite(experiment.outputs.root, experiment)
    suite.after = before[0].short_name if before else None
    return suite


def _of_same_command(experiment: Experiment) -> list[Suite]:
    """The suites that the same command made, the newest first; none where a new one is wanted."""
    root, policy, key = experiment.outputs.root, experiment.policy, experiment.key
    return [suite for suite in suites(root, _say) if suite.record.key == key] if not policy.new else []


def _with_trials_to_rerun(experiment: Experiment) -> Suite | None:
    """The suite of which `--rerun` names trials, if it is given.

    Raises:
        Refused: there is none, or this experiment may not continue it.
    """
    root, policy = experiment.outputs.root, experiment.policy
    if policy.rerun:
        for suite in _of_same_command(experiment):
            return _checked(suite, experiment)
        sentence = (
            f"{short_path(root)} has no earlier results of this command, so there is no trial to run again: name"
            " the directory that has them with -s, or remove --rerun"
        )
        raise refuse(f"--rerun {policy.rerun[0]}", sentence, Cause.SUITE)
    return None


def _say(why: FprayError) -> None:
    say(
        "note: one earlier suite cannot be read, so this command does not continue it; trials that it has may run"
        f" again: {why.in_one_line()}"
    )


def named_suite(experiment: Experiment) -> Suite | None:
    """The suite that the user names, by -s or by trials of it to run again, if that is so.

    Raises:
        Refused: this experiment may not continue it.
    """
    path = experiment.outputs.suite
    return _with_trials_to_rerun(experiment) if path is None else _checked(Suite(path), experiment)


def _new_suite(root: Path, experiment: Experiment) -> Suite:
    outputs, environment, selection = experiment.outputs, experiment.environment, experiment.selection
    arguments = {**outputs.arguments, "jar": str(environment.jar.path), **experiment.recorded_selection}
    provenance = of_driver(environment.jar, outputs.command, environment.java)
    name = re.sub(r"[^\w.-]+", "_", f"{selection.protocol}_{experiment.study.name}")[:100]
    record = SuiteRecord(
        key=experiment.key,
        protocol=selection.protocol,
        study=experiment.study.name,
        figure=experiment.study.figure,
        points=[experiment.recorded_selection],
        jar=provenance["jar"],
        provenance=provenance,
        kind=experiment.kind,
        settings=experiment.settings.entries(),
        of_source=dict(experiment.record),
    )
    return Suite.create(root, name, arguments, record)


def _checked(suite: Suite, experiment: Experiment) -> Suite:
    """The suite, if this experiment may continue it.

    Raises:
        Refused: it is of another protocol or command, was run with another jar or with another value of an option
            that is compared, or holds links.
    """
    protocol = suite.record.protocol
    if protocol != experiment.selection.protocol:
        raise refuse(
            suite.path.name,
            f"has results of {protocol}, not of {experiment.selection.protocol}: name another directory, such"
            " as -s ./suites",
            Cause.OTHER_REQUEST,
        )
    kind = suite.record.kind
    if kind != experiment.kind:
        command = f"fpray sweep --pilot -s {short_path(suite.path.parent)}" if kind == PILOT else f"fpray {kind}"
        raise refuse(
            suite.path.name,
            f"has the results of a {kind}: to continue it, use {command}; to start a"
            " new suite (directory of results), name another directory with -s",
            Cause.OTHER_REQUEST,
        )
    refuse_strange_files(suite.path, experiment.links)
    record, jar = suite.record.jar, experiment.environment.jar
    if experiment.policy.accept_change:
        return suite
    if jar.sha256 and record.get("sha256") != jar.sha256:  # a dry run does not build the reference jar
        other = f"is not the jar of the earlier results, which is {jar_of(suite)}"
        raise refuse(str(jar), f"{other}: {_not_mixed(suite, 'name the earlier jar again (-j)')}", Cause.OTHER_REQUEST)
    file = suite.path / layout.SUITE
    for flag, now, before in experiment.settings.changes(suite.record, file):
        same = f"give {flag} the earlier value again" if before != "none" else f"remove {flag}"
        sentence = f"is {now} now, but was {before} for the earlier results: {_not_mixed(suite, same)}"
        raise refuse(flag, sentence, Cause.OTHER_REQUEST)
    if strangers := [name for name in experiment.settings.strangers(suite.record) if name not in experiment.record]:
        say(
            f"note: {short_path(file)} has entries that this version of fpray does not know"
            f" ({', '.join(strangers[:5])}): a newer version wrote them. This version cannot check whether they fit"
            " this command; the command continues"
        )
    return suite


def _not_mixed(suite: Suite, same: str) -> str:
    """Why a suite is not continued with another jar or value, and what to do; same: how to run it as before."""
    return (
        "results from before and after this change would be in one table. To continue"
        f" {suite.path.name} without the change, {same}. To have both kinds of results in its table, add"
        f" --accept-change. {_NEW}"
    )


def _lacks_trials(suite: Suite, experiment: Experiment) -> bool:
    """Whether one of the trials of a suite has not ended."""
    try:
        selections = [selected_by(entry, suite, experiment) for entry in suite.record.points]
    except FprayError:  # its study or protocol is gone or has changed: it cannot be continued
        return False
    trials, directories = chain.from_iterable(selection.trials for selection in selections), suite.directories()
    return any(trial.id not in directories or directories[trial.id].outcome() is None for trial in trials)


def _was_killed(suite: Suite) -> bool:
    """Whether its last driver was: the tables may lack the trial that ended last, and nothing says that it is done."""
    return SuiteState.of(suite).state == DIED
