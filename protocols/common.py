"""What the declarations of several protocols share: the vocabulary of their parameters, and client flags."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Literal, Protocol

from fpray.errors import Problem

LogLevel = Literal["debug", "info", "warn", "error", "fatal"]
StateMachine = Literal["AppendLog", "KeyValueStore", "Noop", "Register"]


class ClosedLoop(Protocol):
    """The parameters by which every client warms up and measures."""

    @property
    def num_client_procs(self) -> int: ...  # noqa: D102
    @property
    def num_warmup_clients_per_proc(self) -> int: ...  # noqa: D102
    @property
    def num_clients_per_proc(self) -> int: ...  # noqa: D102
    @property
    def measurement_group_size(self) -> int: ...  # noqa: D102
    @property
    def warmup_duration(self) -> timedelta: ...  # noqa: D102
    @property
    def warmup_timeout(self) -> timedelta: ...  # noqa: D102
    @property
    def warmup_sleep(self) -> timedelta: ...  # noqa: D102
    @property
    def duration(self) -> timedelta: ...  # noqa: D102
    @property
    def timeout(self) -> timedelta: ...  # noqa: D102


def closed_loop_flags(p: ClosedLoop) -> dict[str, Any]:
    """How long a client warms up and measures, and with how many closed loops."""
    return {
        "measurement_group_size": p.measurement_group_size,
        "warmup_duration": p.warmup_duration,
        "warmup_timeout": p.warmup_timeout,
        "warmup_sleep": p.warmup_sleep,
        "num_warmup_clients": p.num_warmup_clients_per_proc,
        "duration": p.duration,
        "timeout": p.timeout,
        "num_clients": p.num_clients_per_proc,
    }


def closed_loop_problems(p: ClosedLoop, *, fewest_clients: int) -> Iterator[Problem]:
    """What no client could measure. `fewest_clients` is 0 where the client runs one loop more than it is told."""
    yield from at_least(1, num_client_procs=p.num_client_procs, measurement_group_size=p.measurement_group_size)
    yield from at_least(fewest_clients, num_clients_per_proc=p.num_clients_per_proc)
    yield from at_least(0, num_warmup_clients_per_proc=p.num_warmup_clients_per_proc)
    if p.duration <= timedelta(0):
        yield Problem("duration", "must be longer than 0s: nothing would be measured")
    if p.timeout < p.duration:
        yield Problem("timeout", f"is shorter than duration ({p.timeout} < {p.duration}): every client would time out")
    if p.warmup_timeout < p.warmup_duration:
        yield Problem("warmup_timeout", f"is shorter than warmup_duration ({p.warmup_timeout} < {p.warmup_duration})")


def fractions(**values: float) -> Iterator[Problem]:
    """A problem for each value that is no share of a whole."""
    for name, value in values.items():
        if not 0 <= value <= 1:
            yield Problem(f"{name}={value}", "is a fraction, 0 to 1")


def at_least(bound: int, **values: int) -> Iterator[Problem]:
    """A problem for each value below the bound."""
    for name, value in values.items():
        if value < bound:
            yield Problem(f"{name}={value}", f"must be at least {bound}")
