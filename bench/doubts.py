"""How often the doubts about a trial are right: seeded pathologies in made trials, and false alarms in steady ones.

The throughput of a made trial varies as that of a published trial on EC2 does (figure "leader reconfiguration" of
FrankenPaxos, before its first event): it forgets within an eighth of a second (autocorrelation), and one client varies
trial varied by 11 % in slices of 50 ms; here the clients together vary by 4 %, each client by 6 % beside that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from bench.common import Row, Settings
from fpray.recorder.pace import SLICES, Pace
from fpray.recorder.steadiness import Steadiness, steadiness_of, warmup_end

MEMORY_S, TOGETHER, ALONE = 0.125, 0.02, 0.11
CLIENTS, PER_SECOND, LATENCY_NS = 8, 1250.0, 1_000_000.0
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


def _drifts(random: Any, speed: Any, _seconds: float) -> None:
    speed *= 1 + 0.1 * (np.arange(SLICES) / SLICES - 0.5) * random.choice([-1, 1])


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


PATHOLOGIES: dict[str, tuple[Change, Callable[[Steadiness], bool]]] = {
    "a drift of 10 %": (_drifts, lambda steady: bool(steady.drift or steady.warmup_s)),
    "a stall of a tenth of the window": (_stalls, lambda steady: steady.stalled_s > 0),
    "one client with 1.5 times the others' latency": (_one_is_far, lambda steady: steady.far != ""),
}


def measure(settings: Settings) -> list[Row]:
    """Rows for the table of `make bench`."""
    trials = 50 if settings.quick else 1000
    random = np.random.default_rng(14)
    rows = []
    for seconds in WINDOWS_S:
        window = f"window of {seconds:.0f} s"
        steady = [_judged(made(random, seconds)) for _ in range(trials)]
        alarms = _share(one != Steadiness(settled_throughput=one.settled_throughput) for one in steady)
        rows.append(_row(f"{window}: steady trials with any of these doubts", alarms, most=0.05))
        for name, (change, is_seen) in PATHOLOGIES.items():
            share = _share(is_seen(_judged(made(random, seconds, change))) for _ in range(trials))
            rows.append(_row(f"{window}: {name}", share, least=0.95))
        rows += _warmups(random, seconds, trials, window)
    return rows


def _judged(pace: Pace) -> Steadiness:
    steady = steadiness_of(pace)
    assert steady is not None, "the window is long enough"
    return steady


def _warmups(random: Any, seconds: float, trials: int, window: str) -> list[Row]:
    """Warm-ups of which the end is seen within 1 s, and steady series in which an end is seen."""
    warms_up = _WarmsUp()

    def error_s() -> float:
        pace = made(random, seconds, warms_up)
        return abs(warmup_end(pace.requests.sum(axis=0)) * seconds / SLICES - warms_up.end_s)

    right = _share(error_s() <= 1 for _ in range(trials))
    alarms = _share(warmup_end(made(random, seconds).requests.sum(axis=0)) > 0 for _ in range(trials))
    return [
        _row(f"{window}: the end of a warm-up, within 1 s", right, least=0.9),
        _row(f"{window}: an end of a warm-up in steady trials", alarms, most=0.05),
    ]


def _share(cases: Iterable[bool]) -> float:
    return float(np.mean(list(cases)))


def _row(what: str, share: float, *, least: float = 0.0, most: float = 1.0) -> Row:
    bound = f"at least {least:.0%}" if least else f"at most {most:.0%}"
    return Row(what, f"{share:.1%}", bound, least <= share <= most)
