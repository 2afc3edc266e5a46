"""Whether fpray changes what it measures: the same command lines under fpray and by a plain script; fpray's CPU."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

from bench import plain, turns
from bench.common import Estimate, Row, Settings, estimate, median, ratio, safely, say
from bench.warm import WarmSweep
from fpray.driver.selection import TrialSelection
from fpray.files import layout

ALLOWED = 0.03
BOUND = f"interval not wholly outside {1 - ALLOWED:.2f} to {1 + ALLOWED:.2f}"
_WARM_UP_S, _EDGE_S = 1.0, 0.5


def measure(settings: Settings) -> list[Row]:
    """The paired ratios, turns within trials, then the CPU that fpray uses, in other trials."""
    parts = {"ratios": partial(_ratios, settings), "turns": partial(turns.measure, settings)}
    parts |= {f"CPU, {name}": partial(_cpu, name, settings) for name in ("unreplicated", "multipaxos")}
    return [row for name, part in parts.items() for row in safely(part, name)]


def _ratios(settings: Settings) -> list[Row]:
    pairs = settings.pick(21, 5)
    points = _points("unreplicated", settings.pick(3, 1))
    trial = plain.the_trial(points)
    scratch = settings.scratch / "disturbance"
    ours: list[plain.Numbers] = []
    theirs: list[plain.Numbers] = []
    with WarmSweep(points, pairs, scratch / "suites", settings.jar) as sweep:
        for warm_trial, run in sweep.pairs(trial, pairs, scratch, settings.jar, seed=2):
            ours.append(plain.numbers_of_parquet(warm_trial.directory / layout.RECORDER, trial))
            theirs.append(run.numbers())
            say(f"pair {len(ours)} of {pairs}: {ours[-1].throughput:,.0f}/s, plain {theirs[-1].throughput:,.0f}/s")
    return _rows(ours, theirs)


def _rows(ours: list[plain.Numbers], theirs: list[plain.Numbers]) -> list[Row]:
    """The ratios of pairs of runs, and the medians."""
    speed = ratio([a.throughput for a in ours], [b.throughput for b in theirs])
    latency = ratio([a.median_ms for a in ours], [b.median_ms for b in theirs])
    raw = [[vars(a), vars(b)] for a, b in zip(ours, theirs, strict=True)]
    figures = {"ratio": vars(speed), "raw": raw}
    medians = (
        f"{median([a.throughput for a in ours]):,.0f}/s and {median([a.median_ms for a in ours]):.4f} ms; plain"
        f" {median([b.throughput for b in theirs]):,.0f}/s and {median([b.median_ms for b in theirs]):.4f} ms"
    )
    what = "under fpray / by the plain script"
    return [
        Row(f"throughput {what}", speed.text(".3f"), BOUND, _within(speed), figures),
        Row(f"median latency {what}", latency.text(".3f"), BOUND, _within(latency), {"ratio": vars(latency)}),
        Row("  medians", medians),
    ]


def _within(ratio_: Estimate) -> bool:
    """Both limits matter: a machine that fpray keeps awake would be too fast."""
    return ratio_.low <= 1 + ALLOWED and ratio_.high >= 1 - ALLOWED


def _cpu(protocol: str, settings: Settings) -> list[Row]:
    """CPU of fpray's processes in the middle of measuring windows, from two readings in each, without polling."""
    window_s, trials = settings.pick(10, 3), settings.pick(3, 1)
    points = _points(protocol, window_s)
    shares: list[dict[str, float]] = []
    with WarmSweep(points, trials, settings.scratch / f"cpu_{protocol}", settings.jar) as sweep:
        for _ in range(trials):
            shares.append(_share(sweep, window_s))
            say(f"{protocol}: CPU while clients measure: {sum(shares[-1].values()):.2%} of a core")
    whole = estimate([sum(by_kind.values()) for by_kind in shares])
    kinds = {kind: median([by_kind[kind] for by_kind in shares]) for kind in shares[0]}
    parts = ", ".join(f"{kind} {share:.2%}" for kind, share in kinds.items())
    figures = {"share": vars(whole), "by_kind": kinds, "window_s": window_s - 2 * _EDGE_S}
    return [
        Row(f"{protocol}: CPU of fpray while clients measure", f"{whole.median:.2%} of one core", "", None, figures),
        Row("  of it", parts),
    ]


def _share(sweep: WarmSweep, window_s: float) -> dict[str, float]:
    before = sweep.running()
    sweep.begin()
    sweep.await_clients(before)
    processes = sweep.processes()
    time.sleep(_WARM_UP_S + _EDGE_S)
    began, first = time.monotonic(), _ticks(processes)
    time.sleep(window_s - 2 * _EDGE_S)
    seconds, second = time.monotonic() - began, _ticks(processes)
    sweep.end()
    hertz = os.sysconf("SC_CLK_TCK")
    return {kind: (second[kind] - first[kind]) / hertz / seconds for kind in processes}


def _ticks(processes: dict[str, list[int]]) -> dict[str, int]:
    return {kind: sum(_ticks_of(pid) for pid in pids) for kind, pids in processes.items()}


def _ticks_of(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _points(protocol: str, seconds: int) -> TrialSelection:
    return plain.points(
        protocol,
        warmup_duration=f"{_WARM_UP_S}s",
        warmup_timeout=f"{_WARM_UP_S + 3}s",
        duration=f"{seconds}s",
        timeout=f"{seconds + 3}s",
    )
