"""How a trial ended: a value that is written, read and counted, never an exception."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fpray.files.rules import Cell, between
from fpray.recorder.columns import ABSENT


class Status(enum.Enum):
    """How a trial ended. Final statuses are never run again by themselves."""

    FINISHED = "finished"
    CRASHED = "crashed"  # a process ended that should not have
    NOT_READY = "not-ready"  # a process lived and did not listen in time
    OVERRAN = "overran"  # clients timed out or did not end in time
    UNSERVED = "unserved"  # everything ran, and nothing, or next to nothing, was answered
    FAILED = "failed"  # by an error in fpray itself, or in a protocol's declaration
    REFUSED = "refused"  # never launched
    STOPPED_EARLY = "stopped-early"  # it could not keep its bound any more
    INTERRUPTED = "interrupted"  # the user, a signal, a full disk; runs again
    LOST = "lost"  # a machine, actor or supervisor went away; runs again

    @property
    def final(self) -> bool:
        """Whether the trial counts as done."""
        return self not in (Status.INTERRUPTED, Status.LOST)

    @property
    def comparable(self) -> bool:
        """Whether the trial's figures can be compared with those of others."""
        return self in (Status.FINISHED, Status.STOPPED_EARLY)


class Reason(enum.Enum):
    """What caused the end of a trial: this decides on a retry."""

    NONE = "none"
    SYSTEM_UNDER_TEST = "system under test"  # a result
    INFRASTRUCTURE = "infrastructure"  # retried elsewhere
    FPRAY = "fpray"  # its own error; never retried
    USER = "user"


@dataclass(frozen=True)
class ProcessEnd:
    """What became of one process; CPU in seconds, memory in KiB."""

    label: str
    returncode: int | None  # Python's: negative for a signal, None while unknown
    cpu_s: float | None = None
    max_rss_kb: int | None = None
    nice: int | None = None


@dataclass(frozen=True)
class Outcome:
    """How a trial ended, and its numbers.

    Attributes:
        status: see `Status`.
        detail: one sentence: what happened, and to which process or machine.
        reason: what caused it.
        lines, log: the last lines of the process that failed, and the path of the log that they come from.
        label: the process that failed.
        results: column -> value; FrankenPaxos's columns and `measured.*` (None: not claimed).
        notes: what happened and was handled, as sentences.
        doubts, checks: why the numbers may not mean what they seem to; what has looked for that, by name.
        events: what happened when: `{"t": ns, "kind", "role", "label", "detail"}`.
        processes: what became of each process.
        hosts: the machines that took part.
        blamed: those that the failure is the fault of, where it is that of machines.
        wall_s, phases: seconds from the first step to the last without waits for others, and of each step.
    """

    status: Status
    detail: str = ""
    reason: Reason = Reason.NONE
    label: str = ""
    lines: Sequence[str] = ()
    log: str = ""
    results: Mapping[str, Cell] = field(default_factory=dict)
    notes: Sequence[str] = ()
    doubts: Sequence[str] = ()
    checks: Sequence[str] = ()
    events: Sequence[Mapping[str, Any]] = ()
    processes: Sequence[ProcessEnd] = ()
    hosts: Sequence[str] = ()
    blamed: Sequence[str] = ()
    wall_s: Annotated[float, between(-1e9, 1e9)] = 0.0
    phases: Mapping[str, float] = field(default_factory=dict)

    @property
    def numbers(self) -> dict[str, float]:
        """The results that were measured, as numbers: FrankenPaxos's -1.0 stands for an absent one."""
        return {
            name: float(value)
            for name, value in self.results.items()
            if isinstance(value, int | float) and math.isfinite(value) and value != ABSENT
        }

    def to_json(self) -> dict[str, Any]:
        """What `outcome.json` holds (events are a file of their own)."""
        plain = {name: value for name, value in vars(self).items() if name != "events"}
        processes = [vars(process) for process in self.processes]
        return plain | {"status": self.status.value, "reason": self.reason.value, "processes": processes}


def status_counts(statuses: Sequence[Status]) -> str:
    """`2 finished, 1 crashed`, in the order of `Status`."""
    return ", ".join(f"{n} {status.value}" for status in Status if (n := statuses.count(status))) or "nothing run"
