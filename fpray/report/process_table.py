"""The processes of a trial as a table, and the last lines of those that ended in an unexpected way."""

from __future__ import annotations

from collections.abc import Sequence

from fpray.files import layout
from fpray.files.reading import tail
from fpray.report.table import print_table
from fpray.report.text import show_line
from fpray.store.outcome import Outcome, ProcessEnd
from fpray.store.plan_file import PlannedProcess
from fpray.store.trial_directory import TrialDirectory

HEADINGS = ("process", "machine", "port", "exit", "cpu s", "peak MB", "nice")
_TERMINATED = (143, -15)  # by SIGTERM, as a JVM and as Python report it
_LAST_LINES = 10


def print_processes(directory: TrialDirectory, processes: Sequence[PlannedProcess], outcome: Outcome | None) -> None:
    """Print the processes of a plan; an outcome, if there is one, says how each ended."""
    ends = _ends(outcome)
    label = outcome.label if outcome else ""  # its last lines are part of the outcome
    print_table(HEADINGS, process_rows(processes, outcome), left_columns=("process", "machine"))
    for process in processes:
        end = ends.get(process.label)
        if end is not None and end.label != label and _is_unexpected(process, end):
            log = directory.file(layout.stderr_file(end.label))
            show_line(f"{end.label} returned {end.returncode}; the end of {log}:")
            for line in tail(str(log), _LAST_LINES):
                show_line(f"    {line}")


def process_rows(processes: Sequence[PlannedProcess], outcome: Outcome | None) -> list[list[str]]:
    """A row for each process, by `HEADINGS`: what was planned, and, if there is an outcome, how it ended."""
    ends, label = _ends(outcome), outcome.label if outcome else ""
    return [
        [process.label, process.host, str(process.port), *_end_cells(ends.get(process.label), label)]
        for process in processes
    ]


def _ends(outcome: Outcome | None) -> dict[str, ProcessEnd]:
    return {end.label: end for end in outcome.processes} if outcome else {}


def _end_cells(end: ProcessEnd | None, label_of_failure: str) -> list[str]:
    if end is None:
        return ["-"] * 4
    return [
        _exit_cell(end, label_of_failure),
        "-" if end.cpu_s is None else f"{end.cpu_s:.2f}",
        "-" if end.max_rss_kb is None else f"{end.max_rss_kb / 1024:.0f}",
        "-" if end.nice is None else str(end.nice),
    ]


def _exit_cell(end: ProcessEnd, label_of_failure: str) -> str:
    """A return code; a process that fpray has ended is no failure, and 143 looks like one."""
    if end.returncode is None:
        return "-"
    return "stopped" if end.returncode in _TERMINATED and end.label != label_of_failure else str(end.returncode)


def _is_unexpected(process: PlannedProcess, end: ProcessEnd) -> bool:
    codes = (0,) if process.kind == "client" else (*_TERMINATED, *process.expected_exits)
    return end.returncode is not None and end.returncode not in codes
