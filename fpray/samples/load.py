"""How busy the machines and the processes of a trial were: the rows of a time, as means."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fpray.recorder.schema import nanoseconds

_SECOND: Final = 1_000_000_000
_NAMES: Final = ("host", "role", "label", "thread")
# Threads of a JVM itself, by how their names begin: compilers and collectors. One that is busy holds up no message; if
# it is the busiest of its process, nothing is known of the event loop in that second.
_OF_JVM: Final = ("C1 Compiler", "C2 Compiler", "Sweeper", "GC Thread", "G1 ", "ZWorker", "Shenandoah", "VM ")
_OF_THREAD: Final = ("thread_cpu", "thread_waited", "thread_busy")
_NUMBERS: Final[tuple[str, ...]] = (
    "cpu", "waited", "thread_cpu", "thread_waited", "thread_busy", "gc", "cores", "cpu_limit", "steal", "throttled",
    "link_share",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A row of `machines.parquet`: when its interval had its middle (ns), what it is about, and its numbers."""

    middle: int
    host: str
    role: str | None
    label: str | None
    numbers: Mapping[str, float]


@dataclass(frozen=True)
class Process:
    """A process, as the means of its rows; a number that no row has is None.

    Attributes:
        cpu, wait: cores that it used, and that its threads waited for.
        ran, stood, busy: shares of the time, of its busiest thread: it ran, it waited for a core, it had work.
        gc: share of the time in which its garbage collector stopped it.
    """

    role: str | None
    label: str
    cpu: float
    wait: float
    ran: float | None
    stood: float | None
    busy: float | None
    gc: float | None

    @property
    def wait_share(self) -> float:
        """Of the time in which the busiest thread could have run: the share in which it had no core."""
        if self.ran is None or self.stood is None or self.ran + self.stood <= 0:
            return 0.0
        return self.stood / (self.ran + self.stood)

    @property
    def work(self) -> float:
        """Share of the time in which the busiest thread ran and had work: neither in wait for a core, nor in a poll."""
        work = (self.busy or 0.0) * (1 - self.wait_share)
        return work if self.ran is None else min(work, self.ran)

    @property
    def useful_cpu(self) -> float:
        """Cores that it used, without those with which its busiest thread polled."""
        return max(0.0, self.cpu - max(0.0, (self.ran or 0.0) - self.work))


@dataclass(frozen=True)
class Machine:
    """A machine and the processes of the trial on it, as the means of their rows.

    Attributes:
        cores: that the trial may use, by affinity and by its cgroup; None if it is not known.
        cpu, steal: cores that it used, with all that runs on it, and that its host did not give it.
        throttled: share of its cgroup's periods.
        link_share: of the speed of its fullest link; None if it is not known.
    """

    host: str
    cores: float | None
    cpu: float
    steal: float
    throttled: float
    link_share: float | None
    processes: Sequence[Process]

    @property
    def own_cpu(self) -> float:
        """Cores that the trial used."""
        return sum(process.cpu for process in self.processes)

    @property
    def own_wait(self) -> float:
        """Of the time in which the trial's threads could have run: the share in which they had no core."""
        wait = sum(process.wait for process in self.processes)
        return wait / (wait + self.own_cpu) if wait > 0 else 0.0

    @property
    def fullness(self) -> float:
        """The share of the cores that were in use, from 0 to 1."""
        if not self.cores:
            return 0.0
        return min(1.0, max(self.cpu, self.own_cpu) / self.cores)


def rows_in(table: Any, window_ns: tuple[int, int]) -> list[Row]:
    """The rows of a table of `fpray.samples.schema` that have the middle of their interval in a window of Unix time.

    A number that is none (null, not finite, or below 0) is left out of its row, and so is what a thread of the JVM
    itself did. A column may be missing.
    """
    columns = {name: table[name].to_pylist() for name in (*_NAMES, *_NUMBERS) if name in table.column_names}
    ends, seconds = nanoseconds(table["time"]).tolist(), table["seconds"].to_pylist()
    rows = []
    for i, end in enumerate(ends):
        middle = end - round((seconds[i] if _is_number(seconds[i]) else 1.0) * _SECOND / 2)
        if window_ns[0] <= middle < window_ns[1]:
            host, role, label, thread = (columns[name][i] if name in columns else None for name in _NAMES)
            unknown = _OF_THREAD if (thread or "").startswith(_OF_JVM) else ()
            values = {name: columns[name][i] for name in _NUMBERS if name in columns and name not in unknown}
            numbers = {name: float(value) for name, value in values.items() if _is_number(value)}
            rows.append(Row(middle, host or "", role, label, numbers))
    return rows


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value) and value >= 0


def by_second(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows of each second: of all machines and processes, although each is read at a moment of its own."""
    first = min((row.middle for row in rows), default=0)
    first_of: dict[tuple[str, str | None], int] = {}
    for row in rows:
        key = row.host, row.label
        first_of[key] = min(first_of.get(key, row.middle), row.middle)
    groups: dict[int, list[Row]] = {}
    for row in rows:
        moment = (first_of[row.host, row.label] - first) % _SECOND
        groups.setdefault(round((row.middle - first - moment) / _SECOND), []).append(row)
    return [groups[second] for second in sorted(groups)]


def machines(rows: Iterable[Row]) -> list[Machine]:
    """The machines that the rows tell of, in the order of their names."""
    groups: dict[str, dict[str | None, list[Row]]] = {}
    for row in rows:
        groups.setdefault(row.host, {}).setdefault(row.label, []).append(row)
    return [_machine(host, by_label) for host, by_label in sorted(groups.items())]


def _machine(host: str, by_label: Mapping[str | None, Sequence[Row]]) -> Machine:
    own = by_label.get(None, ())
    cores = [number for name in ("cores", "cpu_limit") if (number := _mean(own, name))]
    return Machine(
        host,
        min(cores, default=None),
        cpu=_mean(own, "cpu") or 0.0,
        steal=_mean(own, "steal") or 0.0,
        throttled=min(1.0, _mean(own, "throttled") or 0.0),
        link_share=_share(own, "link_share"),
        processes=[_process(label, rows) for label, rows in by_label.items() if label is not None],
    )


def _process(label: str, rows: Sequence[Row]) -> Process:
    return Process(
        rows[0].role,
        label,
        cpu=_mean(rows, "cpu") or 0.0,
        wait=_mean(rows, "waited") or 0.0,
        ran=_share(rows, "thread_cpu"),
        stood=_share(rows, "thread_waited"),
        busy=_share(rows, "thread_busy"),
        gc=_share(rows, "gc"),
    )


def _mean(rows: Sequence[Row], name: str) -> float | None:
    numbers = [row.numbers[name] for row in rows if name in row.numbers]
    return sum(numbers) / len(numbers) if numbers else None


def _share(rows: Sequence[Row], name: str) -> float | None:
    """A mean that rounding and the clocks of a machine may bring a little above 1."""
    mean = _mean(rows, name)
    return None if mean is None else min(1.0, mean)
