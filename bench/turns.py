"""What fpray takes from what it measures: in turns within a trial, its processes and Ray's run, and are suspended.

Two turns of a second and a half beside each other see the same machine, which two runs may not: a loss of half a
percent is seen in minutes. What is in both turns alike (where a JVM runs, with what priority) is not seen; the pairs of
whole runs in `bench.disturbance` are for that.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import plain
from bench.common import BenchError, Estimate, Row, Settings, orders, ratio, say
from bench.warm import WarmSweep
from fpray.files import layout

HALF_WIDTH = 0.007
_TURN_S, _SETTLE_S = 1.5, 0.4  # after a thaw all of Ray's timers are late
_PAIRS, _TRIALS = 6, 30  # pairs in a trial, and trials at most
_WARM_UP_S = 1.0
_PARTS = {
    "role actors": ("role actors",),
    "gcs and raylet": ("gcs", "raylet"),
    "driver and Ray process": ("driver", "Ray process"),
}


@dataclass(frozen=True)
class Turn:
    """A time in which fpray ran, or was suspended; seconds of the Unix clock."""

    running: bool
    began: float
    ended: float


def measure(settings: Settings) -> list[Row]:
    """All processes together, until the interval is narrow; then parts of them, to see where a loss is."""
    whole = share_in_turns(settings, "all", None)
    loss = "no loss beyond the interval" if whole.high >= 1 else f"a loss of {1 - whole.median:.1%}"
    rows = [
        Row(
            "throughput while fpray and Ray run / while they are suspended, in turns",
            f"{whole.text('.4f')}: {loss}",
            f"half-width <= {HALF_WIDTH:.1%}",
            half_width(whole) <= HALF_WIDTH,
            {"ratio": vars(whole)},
        )
    ]
    for name, kinds in _PARTS.items():
        part = share_in_turns(settings, name, kinds)
        rows.append(Row(f"  the same, of {name} alone", part.text(".4f"), "", None, {"ratio": vars(part)}))
    return rows


def share_in_turns(
    settings: Settings, name: str, kinds: Sequence[str] | None, *, width: float = HALF_WIDTH, turn_s: float = _TURN_S
) -> Estimate:
    """The throughput while processes of some kinds (None: all) run / while they are suspended; until it is known.

    In trials of unreplicated. width: half of the interval that is to be reached; turn_s: seconds of a turn.
    """
    trials = settings.pick(_TRIALS, 1)
    seconds = round(_WARM_UP_S + (2 * _PAIRS + 1) * (turn_s + _SETTLE_S) + 1)
    points = plain.points(
        "unreplicated",
        warmup_duration=f"{_WARM_UP_S}s",
        warmup_timeout="10s",
        duration=f"{seconds}s",
        timeout=f"{seconds + 10}s",
    )
    with_fpray: list[float] = []
    without: list[float] = []
    with WarmSweep(points, trials, settings.scratch / f"turns of {name}", settings.jar) as sweep:
        for number in range(trials):
            turns = _take_turns(sweep, kinds, number, turn_s)
            for turn, speed in zip(turns, _throughputs(sweep.end().directory, turns), strict=True):
                (with_fpray if turn.running else without).append(speed)
            share = ratio(with_fpray, without)
            say(f"turns of {name}, trial {number + 1} of at most {trials}: {share.text('.4f')}")
            if half_width(share) <= width and number + 1 >= settings.pick(6, 1):
                break
    return share


def half_width(share: Estimate) -> float:
    """Half of the interval of a share."""
    return (share.high - share.low) / 2


def _take_turns(sweep: WarmSweep, kinds: Sequence[str] | None, seed: int, turn_s: float) -> list[Turn]:
    """Run the next trial until its turns are over; the clients still measure then."""
    before = sweep.running()
    sweep.begin()
    sweep.await_clients(before)
    pids = [pid for kind, group in sweep.processes().items() if kinds is None or kind in kinds for pid in group]
    time.sleep(_WARM_UP_S + _SETTLE_S)
    turns: list[Turn] = []
    try:
        for running_first in orders(_PAIRS, seed):
            for running in (running_first, not running_first):
                _signal(pids, signal.SIGCONT if running else signal.SIGSTOP)
                time.sleep(_SETTLE_S)
                began = time.time()
                time.sleep(turn_s)
                turns.append(Turn(running, began, time.time()))
    finally:
        _signal(pids, signal.SIGCONT)
    return turns


def _signal(pids: Sequence[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _throughputs(directory: Path, turns: Sequence[Turn]) -> list[float]:
    """Answers per second of each turn, from the recorder's rows."""
    import pyarrow.parquet as pq

    from fpray.recorder.schema import nanoseconds

    rows = pq.read_table(directory / layout.RECORDER, columns=["stop", "count"])
    stops, counts = nanoseconds(rows["stop"]), rows["count"].to_numpy()
    order = np.argsort(stops, kind="stable")
    stops, sums = stops[order], np.concatenate([[0], np.cumsum(counts[order])])
    speeds = []
    for turn in turns:
        first, last = np.searchsorted(stops, [round(turn.began * 1e9), round(turn.ended * 1e9)])
        if last == len(stops):
            raise BenchError(f"the clients had ended before the last turn: see {directory}")
        speeds.append(float(sums[last] - sums[first]) / (turn.ended - turn.began))
    return speeds
