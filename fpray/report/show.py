"""What happened, from disk: a suite as a table of trials, or one trial with its processes and last lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fpray.files import layout
from fpray.files.atomic import read_json
from fpray.node.process_files import tail
from fpray.plan.plan import duration_in_words
from fpray.protocol.params import flatten, from_json, show_duration
from fpray.protocol.protocol import Protocol
from fpray.recorder.columns import THROUGHPUT, is_measured, measured_latency
from fpray.store.find import find_suite
from fpray.store.outcome import Outcome, counted
from fpray.store.suite import Suite
from fpray.store.suite_record import TrialRecord
from fpray.store.trial_directory import TrialDirectory
from fpray.study.registry import find_protocol


def show(what: str, root: Path) -> None:
    """Print SUITE, or SUITE/TRIAL.

    Raises:
        Refused: there is no such suite or trial.
    """
    path = Path(what).expanduser()
    if (path / layout.TRIAL).is_file():
        return _show_trial(Suite(path.resolve().parent), TrialDirectory(path.resolve()))
    name, _, number = what.rpartition("/") if not (path / layout.SUITE).is_file() else (what, "", "")
    if not name:
        return _show_suite(find_suite(what.rstrip("/"), root))
    try:
        suite = find_suite(name, root)
    except Exception:
        return _show_suite(find_suite(what, root))
    if not number:
        return _show_suite(suite)
    return _show_trial(suite, suite.numbered(number))


def _show_suite(suite: Suite) -> None:
    protocol = find_protocol(suite.record.protocol)
    trials = list(suite.outcomes())
    _print(f"{suite.path}")
    jars = list(dict.fromkeys(jar for _, trial, _ in trials if (jar := trial["provenance"].get("jar")))) or [
        jar_of(suite)
    ]
    _print(f"{protocol.name} · study {suite.record.study} · jar: {', then '.join(jars)} · {_machines(suite)}")
    if trials:
        _table(protocol, trials)
    for directory, _, outcome in trials:
        if outcome is not None:
            for line in [*_failure(directory, outcome), *(f"    doubt: {d}" for d in outcome.doubts)]:
                _print(line)
    for line in (read_json(suite.path / layout.RECOMMENDATION) or {}).get("sentences", ()):
        _print(line)
    ended = [outcome.status for _, _, outcome in trials if outcome is not None]
    _print(counted(ended) + _to_go(suite, len(trials), len(ended)))


def _to_go(suite: Suite, known: int, ended: int) -> str:
    """How much is left; of a search nobody knows that in advance."""
    carries_on = "(the same command carries on)"
    if suite.record.search is None:
        left = max(known, suite.record.planned) - ended
        return f", {left} to go {carries_on}" if left else ""
    begun = f", {known - ended} begun" if known > ended else ""
    return f"{begun}, and not ended {carries_on}" if not suite.record.ended else begun


def jar_of(suite: Suite) -> str:
    """The jar that a suite runs."""
    jar = suite.record.jar
    return f"{jar.get('name', '?')} {jar.get('version', '')}".strip() + f" (sha {str(jar.get('sha256', '?'))[:8]})"


def _machines(suite: Suite) -> str:
    machines = suite.record.last_run.get("machines", {})
    if not machines:
        return "no machine yet"
    first = next(iter(machines.values()))
    count = f"{len(machines)} machine{'s' if len(machines) != 1 else ''}"
    return f"{count}, {first['cores']} cores, {first['cpu']}"


def _table(protocol: Protocol[Any], trials: Sequence[tuple[TrialDirectory, TrialRecord, Outcome | None]]) -> None:
    from rich.table import Table

    flat = [flatten(from_json(protocol.params, trial["params"])) for _, trial, _ in trials]
    columns = dict.fromkeys(name for row in flat for name in row)
    varied = [name for name in columns if len({str(row.get(name)) for row in flat}) > 1]
    measured = list(_measured_columns(protocol, trials))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    repeats = any(trial["repeat"] for _, trial, _ in trials)
    jars = len({trial["provenance"].get("jar") for _, trial, _ in trials}) > 1
    headings = ["trial", *varied, *(["repeat"] if repeats else []), *(title for title, _, _ in measured)]
    for heading in [*headings, *(["jar"] if jars else []), "status"]:
        table.add_column(heading, justify="left" if heading in ("trial", "status") else "right", no_wrap=True)
    for (directory, trial, outcome), row in zip(trials, flat, strict=True):
        cells = [directory.number, *(_text(row.get(name)) for name in varied)]
        cells += [str(trial["repeat"])] if repeats else []
        cells += [_number(outcome, column, digits) for _, column, digits in measured]
        cells += [trial["provenance"].get("jar", "-")] if jars else []
        table.add_row(*cells, outcome.status.value if outcome else _unfinished(directory))
    _print_whole(table)


def _print_whole(table: Any) -> None:
    """Print a table as wide as it is: a terminal may wrap it, but no column is cut away."""
    from rich.console import Console
    from rich.measure import Measurement

    ample = Console(width=10_000)
    needed = Measurement.get(ample, ample.options, table).maximum
    Console(width=max(needed, 80), highlight=False, soft_wrap=True).print(table)


def _measured_columns(
    protocol: Protocol[Any], trials: Sequence[tuple[TrialDirectory, TrialRecord, Outcome | None]]
) -> Iterator[tuple[str, str, int]]:
    for label, prefix in protocol.outputs.items():
        columns = [
            ("throughput /s", f"{prefix}{THROUGHPUT}", 0),
            ("median ms", f"{prefix}{measured_latency('median')}", 4),
            ("p99 ms", f"{prefix}{measured_latency('p99')}", 4),
        ]
        if any(outcome and outcome.results.get(columns[0][1]) is not None for _, _, outcome in trials):
            for title, column, digits in columns:
                yield f"{label} {title}" if prefix else title, column, digits


def _number(outcome: Outcome | None, column: str, digits: int) -> str:
    value = outcome.results.get(column) if outcome else None
    if value is None:
        return "-"
    return f"{value:,.0f}" if digits == 0 else f"{value:.{digits}g}"


def _unfinished(directory: TrialDirectory) -> str:
    content = read_json(directory.file(layout.OUTCOME))
    return content["status"] if content else "unfinished"


def _failure(directory: TrialDirectory, outcome: Outcome) -> Iterator[str]:
    if outcome.detail:
        yield f"{directory.number} {outcome.status.value}: {outcome.detail}"
        yield from (f"    {line}" for line in outcome.lines)
        if outcome.log:
            yield f"    {outcome.log}"


def _show_trial(suite: Suite, directory: TrialDirectory) -> None:
    trial, outcome = directory.trial(), directory.latest()
    plan = read_json(directory.file(layout.PLAN)) or {"processes": []}
    assert trial is not None
    status = outcome.status.value if outcome else "unfinished"
    wall = f" after {duration_in_words(outcome.wall_s)}" if outcome else ""
    jar = trial["provenance"].get("jar") or jar_of(suite)
    _print(f"{directory.path}")
    _print(f"{trial['protocol']} · trial {directory.number} ({trial['id']}) · {status}{wall} · jar: {jar}")
    if outcome is not None:
        for line in _failure(directory, outcome):
            _print(line)
        for name in ("doubts", "notes"):
            for line in getattr(outcome, name):
                _print(f"    {name[:-1]}: {line}")
    _process_table(directory, plan["processes"], outcome)
    if outcome is not None:
        _results(outcome)
    attempts = sorted(p.name for p in directory.file(layout.ATTEMPTS).glob("*"))
    if attempts:
        _print(f"earlier attempts: {', '.join(str(directory.file(layout.ATTEMPTS) / name) for name in attempts)}")


def _process_table(directory: TrialDirectory, processes: Sequence[Mapping[str, Any]], outcome: Outcome | None) -> None:
    from rich.table import Table

    ends = {end.label: end for end in outcome.processes} if outcome else {}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("process", "machine", "port", "exit", "cpu s", "peak MB", "nice"):
        table.add_column(heading, justify="left" if heading in ("process", "machine") else "right", no_wrap=True)
    for process in processes:
        end = ends.get(process["label"])
        table.add_row(
            process["label"],
            process["host"],
            str(process["port"]),
            "-" if end is None or end.returncode is None else str(end.returncode),
            "-" if end is None or end.cpu_s is None else f"{end.cpu_s:.2f}",
            "-" if end is None or end.max_rss_kb is None else f"{end.max_rss_kb / 1024:.0f}",
            "-" if end is None or end.nice is None else str(end.nice),
        )
    _print_whole(table)
    for process in processes:
        end = ends.get(process["label"])
        expected = (0,) if process["kind"] == "client" else (143, -15, *process["expected_exits"])
        shown_already = outcome is not None and outcome.label == process["label"]
        if end is not None and end.returncode is not None and end.returncode not in expected and not shown_already:
            log = directory.file(layout.stderr_file(process["label"]))
            _print(f"{process['label']} returned {end.returncode}; the end of {log}:")
            for line in tail(str(log), 10):
                _print(f"    {line}")


def _results(outcome: Outcome) -> None:
    for heading, ours in (("measured", True), ("by FrankenPaxos's definitions", False)):
        columns = {name: value for name, value in outcome.numbers.items() if is_measured(name) is ours}
        if columns:
            _print(f"{heading} (docs/measuring.md says what each means)")
        for name, value in columns.items():
            _print(f"  {name:<44} {value:,.6g}")


def _text(value: Any) -> str:
    if hasattr(value, "total_seconds"):
        return show_duration(value)
    return str(getattr(value, "name", value))


def _print(line: str) -> None:
    print(line)  # noqa: T201  this is what the command is for
