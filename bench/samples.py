"""What samples of machines (machines.parquet) cost: throughput with and without them in turns, and the CPU they add.

In turns, the role actors run and are suspended: while clients measure, all that they do is to sample. So whatever else
they might do counts against the samples. A turn has two samples in its two seconds, as any other time has.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from bench import plain
from bench.common import Estimate, Row, Settings, median, safely, say
from bench.turns import half_width, share_in_turns
from bench.warm import WarmSweep

HALF_WIDTH, MOST_LOSS = 0.005, 0.01
_TURN_S = 2.0
_JVMS = {"unreplicated": 2, "multipaxos": 15}
_ACTORS = "role actors"
_WARM_UP_S, _EDGE_S = 1.0, 0.5


def measure(settings: Settings) -> list[Row]:
    """The turns, then the CPU that samples add to trials of few and of many JVMs."""
    rows = safely(lambda: [_loss(settings)], "turns")
    for protocol in _JVMS:
        rows += safely(lambda protocol=protocol: [_cpu(protocol, settings)], f"CPU, {protocol}")  # type: ignore[misc]
    return rows


def _loss(settings: Settings) -> Row:
    share = share_in_turns(settings, _ACTORS, (_ACTORS,), width=HALF_WIDTH, turn_s=_TURN_S)
    loss = f"a loss of {1 - share.median:.2%}" if share.high < 1 else "no loss beyond the interval"
    return Row(
        "throughput while role actors sample / while they are suspended, in turns",
        f"{share.text('.4f')}: {loss}",
        f"half-width <= {HALF_WIDTH:.1%}; a loss of less than {MOST_LOSS:.0%}",
        _is_met(share),
        {"ratio": vars(share)},
    )


def _is_met(share: Estimate) -> bool:
    return half_width(share) <= HALF_WIDTH and (share.high >= 1 or 1 - share.median < MOST_LOSS)


def _cpu(protocol: str, settings: Settings) -> Row:
    """CPU of the role actors in the middle of measured windows, in trials with and without samples."""
    shares = {no_samples: _shares(protocol, settings, no_samples=no_samples) for no_samples in (True, False)}
    without, sampled = (median(values) for values in shares.values())
    added = sampled - without
    return Row(
        f"{protocol}: CPU that samples of {_JVMS[protocol]} JVMs and one machine add",
        f"{added:.3%} of one core, {1000 * added:.2f} ms a second ({sampled:.3%} with them, {without:.3%} without)",
        "",
        None,
        {"with": shares[False], "without": shares[True]},
    )


def _shares(protocol: str, settings: Settings, *, no_samples: bool) -> list[float]:
    """Of one core, in each of some trials."""
    window_s, trials = settings.pick(20, 4), settings.pick(3, 1)
    points = plain.points(
        protocol,
        warmup_duration=f"{_WARM_UP_S}s",
        warmup_timeout=f"{_WARM_UP_S + 3}s",
        duration=f"{window_s}s",
        timeout=f"{window_s + 3}s",
    )
    scratch = settings.scratch / f"samples_{protocol}_{'without' if no_samples else 'with'}"
    shares: list[float] = []
    with WarmSweep(points, trials, scratch, settings.jar, no_samples=no_samples) as sweep:
        for _ in range(trials):
            before = sweep.running()
            sweep.begin()
            sweep.await_clients(before)
            actors = sweep.processes()[_ACTORS]
            time.sleep(_WARM_UP_S + _EDGE_S)
            began, first = time.monotonic(), _ran_s(actors)
            time.sleep(window_s - 2 * _EDGE_S)
            shares.append((_ran_s(actors) - first) / (time.monotonic() - began))
            sweep.end()
            kind = "without" if no_samples else "with"
            say(f"{protocol}, {kind} samples: role actors use {shares[-1]:.3%} of a core")
    return shares


def _ran_s(pids: Sequence[int]) -> float:
    """CPU seconds of processes so far, by the nanoseconds of their threads."""
    total = 0
    for pid in pids:
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208
            with open(f"/proc/{pid}/task/{thread}/schedstat") as file:  # noqa: PTH123
                total += int(file.read().split()[0])
    return total / 1e9
