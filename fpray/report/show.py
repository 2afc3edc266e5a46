"""What happened, from disk: a suite with its trials, or one trial with its processes, last lines and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fpray.errors import Cause, Problem, Refused, refuse, refuse_if_any
from fpray.files import layout
from fpray.files.documents import document
from fpray.files.paths import absolute, short_path
from fpray.files.suite_file import Damaged
from fpray.plan.words import duration_in_words
from fpray.recorder.columns import is_measured
from fpray.report.limits import limit_sentence
from fpray.report.outcome_lines import doubt_lines, explanation_of, remark_lines
from fpray.report.process_table import print_processes
from fpray.report.sections import Section, Sections, section_of
from fpray.report.text import show_line
from fpray.report.trial_table import print_trials
from fpray.store.bottleneck import PREFIX
from fpray.store.find import find_suite, find_trial, is_suite
from fpray.store.outcome import Outcome, Status, status_counts
from fpray.store.plan_file import planned_processes
from fpray.store.suite import Suite
from fpray.store.suite_record import TrialRecord
from fpray.store.trial_directory import TrialDirectory
from fpray.study.registry import find_protocol


def show(name: str, root: Path, sections: Sections) -> None:
    """Print SUITE, or SUITE/TRIAL, or the earlier attempt of a trial that a path names.

    Raises:
        Refused: there is no such suite or trial.
    """
    suite, trial = _find(name, root)
    if trial is not None:
        _show_trial(trial, suite)
    else:
        _show_suite(suite, section_of(suite, sections))


def _find(name: str, root: Path) -> tuple[Suite, TrialDirectory | None]:
    """A suite, and its trial that is named, if any."""
    path = absolute(name)
    if (path / layout.TRIAL).is_file():
        return find_trial(name, root)
    parent, _, number = name.rstrip("/").rpartition("/")
    if parent and not is_suite(path):
        try:
            suite = find_suite(parent, root)
        except Damaged:
            raise
        except Refused:  # then the whole name is refused
            pass
        else:
            return suite, suite.numbered(number)
    return find_suite(name, root), None


def _show_suite(suite: Suite, section: Section) -> None:
    protocol = find_protocol(suite.record.protocol)
    trials, problems = _trials(suite)
    jars = dict.fromkeys(jar for _, trial, _ in trials if (jar := trial["provenance"].get("jar")))
    jar = ", then ".join(jars) or jar_of(suite)
    show_line(short_path(suite.path))
    show_line(f"{protocol.name} · study {suite.record.study} · jar: {jar} · {_machines(suite)}")
    if trials:
        print_trials(protocol, trials)
    trials_by_doubt = dict[str, list[str]]()
    for directory, _, outcome in trials:
        for doubt in dict.fromkeys(outcome.doubts) if outcome is not None else ():
            trials_by_doubt.setdefault(doubt, []).append(directory.number)
    for directory, _, outcome in trials:
        if outcome is not None:
            for line in (
                *_failure(directory, outcome),
                *doubt_lines(directory.number, [*dict.fromkeys(outcome.doubts)], trials_by_doubt),
            ):
                show_line(line)
    for line in section.lines(suite):
        show_line(line)
    statuses = [outcome.status for _, _, outcome in trials if outcome is not None]
    show_line(status_counts(statuses) + section.to_go(suite, len(trials), len(statuses)))
    refuse_if_any(problems)


def _trials(suite: Suite) -> tuple[list[tuple[TrialDirectory, TrialRecord, Outcome | None]], list[Problem]]:
    """The trials that can be read, and what is wrong with the others."""
    trials, problems = [], list[Problem]()
    for directory in suite.directories().values():
        try:
            if trial := directory.trial():
                trials.append((directory, trial, directory.outcome()))
        except Damaged as error:
            problems += error.problems
    return trials, problems


def jar_of(suite: Suite) -> str:
    """The jar that a suite runs: name, version, start of its hash."""
    jar = suite.record.jar
    return f"{jar.get('name', '?')} {jar.get('version', '')}".strip() + f" (sha {str(jar.get('sha256', '?'))[:8]})"


def _machines(suite: Suite) -> str:
    machines = suite.record.last_run.get("machines", {})
    if not machines:
        return "no machine yet"
    first = next(iter(machines.values()))
    of_first = f"{first.get('cores', '?')} cores, {first.get('cpu', '?')}"
    return f"{len(machines)} machines (the first: {of_first})" if len(machines) > 1 else f"1 machine, {of_first}"


def _failure(directory: TrialDirectory, outcome: Outcome, see: str = "") -> Iterator[str]:
    """How a trial failed; see: where that is explained."""
    if outcome.detail:
        yield f"{directory.number} {outcome.status.value}: {outcome.detail}"
        yield from (f"    {line}" for line in outcome.lines)
        if place := " · ".join(filter(None, [outcome.log, see])):
            yield f"    {place}"


def _show_trial(directory: TrialDirectory, suite: Suite) -> None:
    trial, outcome = directory.trial(), directory.latest()
    processes = planned_processes(directory)
    if trial is None:
        why = f"is not the directory of a trial: it has no {layout.TRIAL}"
        remedy = f"fpray show {suite.short_name} lists the trials of its suite"
        raise refuse(str(directory.path), f"{why}. {remedy}", Cause.TRIAL)
    status = outcome.status.value if outcome else "unfinished"
    wall = f" after {duration_in_words(outcome.wall_s)}" if outcome and outcome.wall_s >= 0 else ""
    jar = trial["provenance"].get("jar") or jar_of(suite)
    number = directory.path.relative_to(suite.path)
    show_line(short_path(directory.path))
    show_line(f"{trial['protocol']} · trial {number} ({trial['id']}) · {status}{wall} · jar: {jar}")
    if outcome is not None:
        see = f"see {explanation_of(outcome)}" if outcome.status is not Status.FINISHED else ""
        limit = filter(None, [limit_sentence(outcome.results)])
        for line in (*_failure(directory, outcome, see), *limit, *remark_lines(outcome, directory.number, {})):
            show_line(line)
    print_processes(directory, processes, outcome)
    if outcome is not None:
        _show_numbers(outcome)
    attempts = sorted(directory.file(layout.ATTEMPTS).glob("*"), key=lambda path: (len(path.name), path.name))
    if attempts:
        show_line(f"earlier attempts: {', '.join(map(short_path, attempts))}")


def _show_numbers(outcome: Outcome) -> None:
    numbers = {name: value for name, value in outcome.numbers.items() if not name.startswith(PREFIX)}
    for heading, ours in (("measured", True), ("by FrankenPaxos's definitions", False)):
        columns = {name: value for name, value in numbers.items() if is_measured(name) is ours}
        if columns:
            show_line(f"{heading} ({document('measuring.md')} says what each means)")
        for name, value in columns.items():
            show_line(f"  {name:<44} {value:,.6g}")
