"""What the declarations of several protocols share: types of parameters, flags of clients, checks of parameters."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, Protocol

from fpray.errors import Problem
from fpray.params import flatten, seconds
from fpray.protocol.values import show_duration
from fpray_protocols.ranges import range_problems

LogLevel = Literal["debug", "info", "warn", "error", "fatal"]
StateMachine = Literal["AppendLog", "KeyValueStore", "Noop", "Register"]
# Which processes get a message that a quorum must answer: all, a random choice, or the closest ones.
ThriftySystem = Literal["NotThrifty", "Random", "Closest"]


class DistributionScheme(enum.Enum):
    """How leaders, proxy leaders and replicas choose which process to talk to."""

    HASH = "HASH"
    COLOCATED = "COLOCATED"


@dataclass(frozen=True)
class ElectionOptions:
    """The basic election's options."""

    ping_period: timedelta = seconds(1)
    no_ping_timeout_min: timedelta = seconds(5)
    no_ping_timeout_max: timedelta = seconds(10)


@dataclass(frozen=True)
class HeartbeatOptions:
    """The options of heartbeats between servers."""

    fail_period: timedelta = seconds(1)
    success_period: timedelta = seconds(2)
    num_retries: int = 3
    network_delay_alpha: float = 0.9


@dataclass(frozen=True)
class ZigzagOptions:
    """The options of a replica's graph of dependencies."""

    vertices_grow_size: int = 5000
    garbage_collect_every_n_commands: int = 1000


class ClosedLoop(Protocol):
    """The parameters by which every client measures; most also warm up, and some record groups of requests."""

    @property
    def num_client_procs(self) -> int: ...  # noqa: D102
    @property
    def num_clients_per_proc(self) -> int: ...  # noqa: D102
    @property
    def duration(self) -> timedelta: ...  # noqa: D102
    @property
    def timeout(self) -> timedelta: ...  # noqa: D102


# flag -> parameter, in FrankenPaxos's order; unanimousbpaxos has no warm-up, and half of the protocols have no groups
_CLOSED_LOOP = {
    "measurement_group_size": "measurement_group_size",
    "warmup_duration": "warmup_duration",
    "warmup_timeout": "warmup_timeout",
    "warmup_sleep": "warmup_sleep",
    "num_warmup_clients": "num_warmup_clients_per_proc",
    "duration": "duration",
    "timeout": "timeout",
    "num_clients": "num_clients_per_proc",
}


def closed_loop_flags(p: ClosedLoop) -> dict[str, Any]:
    """The flags for a client's warm-up, duration and closed loops, without those that the protocol does not have."""
    return {flag: getattr(p, name) for flag, name in _CLOSED_LOOP.items() if hasattr(p, name)}


def one_loop_more(p: ClosedLoop) -> int:
    """The closed loops of a client with a loop over an inclusive range: one more than num_clients_per_proc."""
    return p.num_clients_per_proc + 1


def closed_loop_problems(p: ClosedLoop, *, fewest_clients: int) -> Iterator[Problem]:
    """A problem for each parameter with which clients could not measure.

    Args:
        fewest_clients: the lowest num_clients_per_proc; 0 for a client that runs `one_loop_more`.
    """
    yield from at_least(1, num_client_procs=p.num_client_procs)
    yield from at_least(1, measurement_group_size=getattr(p, "measurement_group_size", 1))
    yield from at_least(fewest_clients, num_clients_per_proc=p.num_clients_per_proc)
    yield from at_least(0, num_warmup_clients_per_proc=getattr(p, "num_warmup_clients_per_proc", 0))
    # Names of fastmultipaxos, which is older: both are numbers of seconds.
    duration, timeout = (
        f"{name}_seconds" if hasattr(p, f"{name}_seconds") else name for name in ("duration", "timeout")
    )
    if p.duration <= timedelta(0):
        yield Problem(duration, "must be longer than 0s, because nothing would be measured: write 2s, for example")
    if p.timeout < p.duration:
        yield Problem(
            timeout,
            f"is shorter than {duration} ({_less(p.timeout, p.duration)}), so every client would time"
            f" out: {_raise_or_lower(timeout, p.timeout, duration, p.duration)}",
        )
    warmup, limit = (getattr(p, name, timedelta(0)) for name in ("warmup_duration", "warmup_timeout"))
    if limit < warmup:
        yield Problem(
            "warmup_timeout",
            f"is shorter than warmup_duration ({_less(limit, warmup)}):"
            f" {_raise_or_lower('warmup_timeout', limit, 'warmup_duration', warmup)}",
        )
    yield from _unreadable(p)
    yield from range_problems(p)


def _less(less: Any, more: Any) -> str:
    """`1s < 2s`: that one value is less than another, in the form in which a user types them."""
    return " < ".join(show_duration(value) if isinstance(value, timedelta) else str(value) for value in (less, more))


def _raise_or_lower(low: str, less: Any, high: str, more: Any) -> str:
    """What to do where the value `less` of one parameter is below `more`, the value of another."""
    least, most = _less(less, more).split(" < ")
    return f"set {low} to {most} or more, or {high} to {least} or less"


def _unreadable(p: Any) -> Iterator[Problem]:
    """A problem for each workload with operations that the state machine cannot read. They would end the server."""
    if getattr(p, "state_machine", "") != "KeyValueStore":
        return
    for name in ("workload", "read_workload", "write_workload"):
        workload: Any = getattr(p, name, None)
        if not getattr(workload, "of_keys", True):
            yield Problem(
                f"{name}.name={workload.name}",
                f"has no keys, but state_machine=KeyValueStore needs them: set {name}.name=UniformSingleKeyWorkload, or"
                " set state_machine=AppendLog",
            )


def batches_fill(loops: int, **sizes: int) -> Iterator[Problem]:
    """A problem for each batch that is larger than the number of requests that can wait for it."""
    for name, size in sizes.items():
        if size > loops >= 1:
            why = (
                f"is more than the {loops} requests that clients send at a time, so no batch would ever be"
                f" full: write at most {loops}, or raise num_clients_per_proc"
            )
            yield Problem(f"{name}={size}", why)


Formula = Literal["f+1", "2f+1"]


def enough(f: int, formula: Formula, **counts: int) -> Iterator[Problem]:
    """A problem for each count that is too low for f failures."""
    least = _needed(f, formula)
    for name, count in counts.items():
        if count < least:
            yield Problem(f"{name}={count}", f"must be at least {formula} = {least}, to survive f={f} failures")


def none_or_enough(f: int, formula: Formula, **counts: int) -> Iterator[Problem]:
    """A problem for each count that is neither 0 nor enough for f failures."""
    least = _needed(f, formula)
    for name, count in counts.items():
        if count != 0 and count < least:
            yield Problem(f"{name}={count}", f"must be 0 or at least {formula} = {least}, to survive f={f} failures")


def exactly(f: int, formula: Formula, **counts: int) -> Iterator[Problem]:
    """A problem for each count that is not exactly what f failures need."""
    size = _needed(f, formula)
    for name, count in counts.items():
        if count != size:
            yield Problem(f"{name}={count}", f"must be exactly {formula} = {size}, to survive f={f} failures")


def _needed(f: int, formula: Formula) -> int:
    return f + 1 if formula == "f+1" else 2 * f + 1


def ranges(p: Any) -> Iterator[Problem]:
    """A problem for each range of options, `..._min...` to `..._max...`, with a minimum above its maximum."""
    values = flatten(p)
    for name, least in values.items():
        field = name.rpartition(".")[2]
        most = name.removesuffix(field) + field.replace("_min", "_max")
        if "_min" in field and most in values and values[most] < least:
            yield Problem(
                most,
                f"must be at least {field} ({_less(values[most], least)}):"
                f" {_raise_or_lower(most.rpartition('.')[2], values[most], field, least)}",
            )


def fractions(**values: float) -> Iterator[Problem]:
    """A problem for each value that is not a fraction, 0 to 1."""
    for name, value in values.items():
        if not 0 <= value <= 1:
            yield Problem(f"{name}={value}", "must be a number from 0 to 1, such as 0.5")


def at_least(bound: int, **values: int) -> Iterator[Problem]:
    """A problem for each value below the bound."""
    for name, value in values.items():
        if value < bound:
            yield Problem(f"{name}={value}", f"must be at least {bound}")
