"""What is known of a trial in which clients measured, and what a check may say about it: plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from fpray.recorder.steadiness import Steadiness

# Why a trial is no ordinary result: its clients did not measure together, nothing was answered, clients gave up, or
# what they recorded cannot be used.
Defect = Literal["clients-apart", "unserved", "gave-up", "unrecorded"]


@dataclass(frozen=True)
class ClientEvidence:
    """One client process.

    Attributes:
        first_start_ns: the start of its first request, since the epoch by its clock; None without rows.
        last_stop_ns: the end of its last answered one.
        unusable: why its file holds no rows, or fewer than it seems to, as a sentence; "" if there is no reason.
        unreadable: whether its file cannot be read at all, so that the figures of all clients together are unknown.
        log: the path of its log.
        last_lines: the last lines of that.
    """

    label: str
    first_start_ns: int | None = None
    last_stop_ns: int | None = None
    log: str = ""
    last_lines: Sequence[str] = ()
    unusable: str = ""
    unreadable: bool = False


@dataclass(frozen=True)
class MachineEvidence:
    """How busy one of the trial's machines was while its clients measured, by its kernel.

    Attributes:
        cores: of the machine.
        others: cores that other processes than the trial's used, in the mean.
        stolen: cores that the machine's host gave to others, in the mean.
        waited: the share of the time in which processes of the trial had work, that they waited for a core; where the
            kernel does not count that, the share of the time in which any process of the machine waited.
        held_back: the share of the time slices in which a limit of its container's CPU time stopped its processes.
        suspended_s: how long it slept meanwhile. set_s: by how much its wall clock was set; negative: back.
        clients: the trial's clients on it -> the cores that they used, in the mean.
        clock_ms: how far its wall clock is ahead of the driver's machine: at least, and at most; None where that is
            not known.
    """

    host: str
    cores: int
    others: float
    stolen: float
    waited: float
    held_back: float = 0.0
    suspended_s: float = 0.0
    set_s: float = 0.0
    clients: Mapping[str, float] = field(default_factory=dict)
    clock_ms: tuple[float, float] | None = None


@dataclass(frozen=True)
class Evidence:
    """What is known of a trial in which every process did as it was told.

    Attributes:
        loops: closed loops of all clients together.
        requests: answered ones in the measured window.
        unrecorded: how many answered ones unfinished measurement groups may hide at most.
        window_ns: [begin, end) of the measured window, since the epoch; None where there is none.
        duration_s: how long each client was to measure.
        warmup_s: how long the recorded warm-up was; 0 where clients do not record theirs.
        grouped: whether a row stands for several requests.
        holds_back: the parameters by which requests wait for other requests.
        littles_law: throughput x mean latency over the loops; None where it is not decided.
        own_s: the mean time that a client takes for a request itself, between the end of one and the start of the
            next; 0 where it is not known.
        outputs: the labels that results report.
        reported: rows with such a label.
        unreported: label -> rows, of other labels.
        machines: of which it is known how busy they were.
        before_s: how long the warm-up was, recorded or not.
        steadiness: what was not steady; None where that cannot be judged.
        largest_count: how many requests a row stands for, at most.
        thin: quantiles with too few requests -> how many requests they need.
        weak_reads: the consistency of reads that are not linearizable; "" where there are none.
    """

    loops: int
    requests: int
    unrecorded: int
    window_ns: tuple[int, int] | None
    duration_s: float
    warmup_s: float = 0.0
    grouped: bool = False
    holds_back: Sequence[str] = ()
    littles_law: float | None = None
    own_s: float = 0.0
    outputs: Sequence[str] = ()
    reported: int = 1
    unreported: Mapping[str, int] = field(default_factory=dict)
    clients: Sequence[ClientEvidence] = ()
    machines: Sequence[MachineEvidence] = ()
    before_s: float = 0.0
    steadiness: Steadiness | None = None
    largest_count: int = 1
    thin: Mapping[str, int] = field(default_factory=dict)
    weak_reads: str = ""

    @property
    def window_s(self) -> float:
        """Seconds of the measured window; 0 where there is none."""
        return (self.window_ns[1] - self.window_ns[0]) / 1e9 if self.window_ns else 0.0

    @property
    def served(self) -> bool | None:
        """Whether every loop got an answer in the measured window; None where that cannot be decided."""
        if self.requests >= self.loops:
            return True
        return None if self.requests + self.unrecorded >= self.loops else False


@dataclass(frozen=True)
class Doubt:
    """Why a trial's figures may mislead; or, with a defect, why it is no ordinary result.

    Attributes:
        sentence: for people.
        defect: why it is no ordinary result; None for a mere doubt.
        label: the process that it is about.
        lines: of that one's log, which show it.
        harmless: the figures are right all the same; then it is a note.
    """

    sentence: str
    defect: Defect | None = None
    label: str = ""
    log: str = ""
    lines: Sequence[str] = ()
    harmless: bool = False


def is_usable(evidence: object) -> bool:
    """Whether another package's value is a `MachineEvidence` or a `Doubt` that checks and outcomes can handle."""
    match evidence:
        case MachineEvidence(str(), int(), int() | float(), int() | float(), int() | float()):
            return evidence.cores > 0
        case Doubt(str(), defect, str(), str(), [*lines]):
            return (defect is None or defect in get_args(Defect)) and all(isinstance(line, str) for line in lines)
    return False


Check = Callable[[Evidence], Iterable[Doubt]]


def doubts(evidence: Evidence, checks: Iterable[Check]) -> list[Doubt]:
    """What the checks say about a trial, in their order."""
    return [doubt for check in checks for doubt in check(evidence)]
