"""How often the doubts about a trial are right: seeded pathologies in made trials, and false alarms in steady ones.

The throughput of a made trial varies as that of a published trial on EC2 does (figure "leader reconfiguration" of
FrankenPaxos, before its first event): it forgets within an eighth of a second (autocorrelation), and one client varies
trial varied by 11 % in slices of 50 ms; here the clients together vary by 4 %, each client by 6 % beside that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from bench.common import Row, Settings
from fpray.evidence.evidence import Check, Evidence, MachineEvidence, doubts
from fpray.evidence.steady_checks import (
    STEADY_CHECKS,
    clocks_apart,
    group_means,
    not_steady,
    one_client_far,
    saturated_clients,
)
from fpray.recorder.pace import SLICES, Pace
from fpray.recorder.steadiness import steadiness_of, warmup_end

MEMORY_S, TOGETHER, ALONE = 0.125, 0.02, 0.11
CLIENTS, PER_SECOND, LATENCY_NS = 8, 1250.0, 1_000_000.0
SHORT_S = 5.0
WINDOWS_S = (15.0, 30.0, 60.0)
Change = Callable[[Any, Any, float], None]  # of random, the speed of each client at each time, the window's seconds


def made(random: Any, seconds: float, change: Change = lambda *_: None) -> Pace:
    """A trial of closed loops: where the speed falls, latency rises as much. change: makes the speed ill, in place."""
    speed = np.exp(TOGETHER * _waves(random, 1, seconds) + ALONE * _waves(random, CLIENTS, seconds))
    change(random, speed, seconds)
    counts = random.poisson(PER_SECOND * seconds / SLICES * speed).astype(float)
    return Pace([f"client_{i}" for i in range(CLIENTS)], seconds, counts, counts * LATENCY_NS / np.maximum(speed, 1e-9))


def _waves(random: Any, rows: int, seconds: float) -> Any:
    """Normal numbers, each slice like the slice before it (an autoregressive process of order 1)."""
    memory = np.exp(-seconds / SLICES / MEMORY_S)
    waves = random.normal(size=(rows, SLICES))
    for at in range(1, SLICES):
        waves[:, at] = memory * waves[:, at - 1] + (1 - memory**2) ** 0.5 * waves[:, at]
    return waves


def _drifts(random: Any, speed: Any, _seconds: float, size: float = 0.1) -> None:
    speed *= 1 + size * (np.arange(SLICES) / SLICES - 0.5) * random.choice([-1, 1])


def _stalls(random: Any, speed: Any, _seconds: float) -> None:
    begin = random.integers(SLICES * 9 // 10)
    speed[:, begin : begin + SLICES // 10] = 0


def _one_is_far(random: Any, speed: Any, _seconds: float) -> None:
    speed[random.integers(CLIENTS)] /= 1.5


class _WarmsUp:
    """A step or a ramp, from 40 to 70 % of the later speed, that ends within the first third and 4 s.

    Attributes:
        end_s: when it ended in the trial that was made last.
    """

    end_s = 0.0

    def __call__(self, random: Any, speed: Any, seconds: float) -> None:
        self.end_s = random.uniform(0.5, min(4.0, seconds / 3))
        times, low = (np.arange(SLICES) + 0.5) * seconds / SLICES, random.uniform(0.4, 0.7)
        ramp = low + (1 - low) * times / self.end_s if random.random() < 0.5 else low
        speed *= np.where(times < self.end_s, ramp, 1.0)


@dataclass(frozen=True)
class Trial:
    """What is made: an ill pace, a client's use of its core, how far the second machine's clock is ahead, groups."""

    change: Change = lambda *_: None
    cores: float = 0.6
    ahead_ms: float = 0.0
    group: int = 1


PATHOLOGIES: dict[str, tuple[Trial, Check]] = {
    "a drift of 10 %": (Trial(_drifts), not_steady),
    "a stall of a tenth of the window": (Trial(_stalls), not_steady),
    "one client with 1.5 times the others' latency": (Trial(_one_is_far), one_client_far),
    "a client process at 95 % of a core": (Trial(cores=0.95), saturated_clients),
    "clocks 5 ms apart": (Trial(ahead_ms=5.0), clocks_apart),
    "groups of 10": (Trial(group=10), group_means),
}
# What a window below 10 s shows: a drift of 10 % is no more than chance there.
IN_SHORT_WINDOWS: dict[str, tuple[Trial, Check]] = {
    "a drift of 20 %": (Trial(partial(_drifts, size=0.2)), not_steady),
    **{name: case for name, case in PATHOLOGIES.items() if "drift" not in name},
}


def evidence_of(random: Any, seconds: float, trial: Trial) -> Evidence:
    """What fpray knows of a made trial with clients on two machines."""
    pace = made(random, seconds, trial.change)
    ticks = random.normal(100 * seconds * trial.cores, 1)  # the kernel counts in hundredths of a second
    machines = [
        MachineEvidence(
            host, 4, 0.0, 0.0, 0.0, clients={f"client of {host}": ticks / 100 / seconds}, clock_ms=_clock(random, ahead)
        )
        for host, ahead in (("a", 0.0), ("b", trial.ahead_ms + random.normal(0, 0.2)))
    ]
    return Evidence(
        loops=CLIENTS, requests=int(pace.requests.sum()), unrecorded=0, window_ns=(0, int(seconds * 1e9)),
        duration_s=seconds, machines=machines, steadiness=steadiness_of(pace), largest_count=trial.group,
    )  # fmt: skip


def _clock(random: Any, ahead_ms: float) -> tuple[float, float]:
    """The quickest of five answers; an answer takes 2 ms in the median, and is read at any time of these."""
    took = random.lognormal(np.log(2.0), 0.4, 5).min()
    before = random.uniform(0, took)
    return ahead_ms - (took - before), ahead_ms + before


def measure(settings: Settings) -> list[Row]:
    """Rows for the table of `make bench`."""
    trials = 50 if settings.quick else 1000
    random = np.random.default_rng(14)
    rows = []
    for seconds in (SHORT_S, *WINDOWS_S):
        window = f"window of {seconds:.0f} s"
        alarms = _share(doubts(evidence_of(random, seconds, Trial()), STEADY_CHECKS) != [] for _ in range(trials))
        rows.append(_row(f"{window}: steady trials with any of these doubts", alarms, most=0.05))
        for name, (trial, check) in (IN_SHORT_WINDOWS if seconds == SHORT_S else PATHOLOGIES).items():
            share = _share(doubts(evidence_of(random, seconds, trial), [check]) != [] for _ in range(trials))
            rows.append(_row(f"{window}: {name}", share, least=0.95))
        rows += _warmups(random, seconds, trials, window)
    return rows


def _warmups(random: Any, seconds: float, trials: int, window: str) -> list[Row]:
    """Warm-ups of which the end is seen within 1 s, and steady series in which an end is seen."""
    warms_up = _WarmsUp()

    def error_s() -> float:
        return abs(_end(made(random, seconds, warms_up)) * seconds / SLICES - warms_up.end_s)

    right = _share(error_s() <= 1 for _ in range(trials))
    alarms = _share(_end(made(random, seconds)) > 0 for _ in range(trials))
    return [
        _row(f"{window}: the end of a warm-up, within 1 s", right, least=0.9),
        _row(f"{window}: an end of a warm-up in steady trials", alarms, most=0.05),
    ]


def _end(pace: Pace) -> int:
    return warmup_end(pace.requests.sum(axis=0), pace.mean_latency, pace.seconds / SLICES)


def _share(cases: Iterable[bool]) -> float:
    return float(np.mean(list(cases)))


def _row(what: str, share: float, *, least: float = 0.0, most: float = 1.0) -> Row:
    bound = f"at least {least:.0%}" if least else f"at most {most:.0%}"
    return Row(what, f"{share:.1%}", bound, least <= share <= most)
