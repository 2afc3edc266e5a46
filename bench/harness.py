"""The time that a warm trial takes beyond a plain script with the same command lines in the same stages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from bench import plain
from bench.common import Row, Settings, estimate, median, safely, say
from bench.warm import WarmSweep, WarmTrial

# Short runs: the time that a trial adds does not depend on the time that its clients measure.
_SCHEDULE = {
    "warmup_duration": "0.5s", "warmup_timeout": "3s", "warmup_sleep": "0s", "duration": "1s", "timeout": "3s",
}  # fmt: skip


@dataclass(frozen=True)
class _Case:
    protocol: str
    bound_s: float
    pairs: int
    quick_pairs: int


_CASES = (_Case("unreplicated", 0.2, 11, 5), _Case("multipaxos", 0.6, 7, 3))


def measure(settings: Settings) -> list[Row]:
    """Both protocols."""
    return [row for case in _CASES for row in safely(partial(_case, case, settings), case.protocol)]


def _case(case: _Case, settings: Settings) -> list[Row]:
    points = plain.points(case.protocol, **_SCHEDULE)
    trial = plain.the_trial(points)
    pairs = settings.pick(case.pairs, case.quick_pairs)
    scratch = settings.scratch / f"harness_{case.protocol}"
    ours: list[WarmTrial] = []
    theirs: list[plain.PlainRun] = []
    with WarmSweep(points, pairs, scratch / "suites", settings.jar) as sweep:
        for warm_trial, run in sweep.pairs(trial, pairs, scratch, settings.jar):
            ours.append(warm_trial)
            theirs.append(run)
            say(f"{case.protocol} pair {len(ours)} of {pairs}: {warm_trial.wall_s:.2f} s, plain {run.wall_s:.2f} s")
    return _rows(case, ours, theirs)


def _rows(case: _Case, ours: list[WarmTrial], theirs: list[plain.PlainRun]) -> list[Row]:
    beyond = estimate([a.wall_s - b.wall_s for a, b in zip(ours, theirs, strict=True)])
    fpray_s, plain_s = median([a.wall_s for a in ours]), median([b.wall_s for b in theirs])
    phases = {name: median([a.phases.get(name, 0.0) for a in ours]) for name in ours[0].phases}
    phases["between trials"] = median([a.wall_s - sum(a.phases.values()) for a in ours])
    plainly = {name: median([b.phases[name] for b in theirs]) for name in theirs[0].phases}
    figures: dict[str, Any] = {"beyond_s": vars(beyond), "fpray_s": fpray_s, "plain_s": plain_s}
    figures |= {
        "phases": phases,
        "plain_phases": plainly,
        "raw": [(a.wall_s, b.wall_s) for a, b in zip(ours, theirs, strict=True)],
    }
    return [
        Row(
            f"{case.protocol}: a warm trial beyond the plain script",
            beyond.text(".3f", " s"),
            f"<= {case.bound_s} s",
            beyond.median <= case.bound_s,
            figures,
        ),
        Row("  fpray", f"{fpray_s:.2f} s: " + _listed(phases)),
        Row("  plain", f"{plain_s:.2f} s: " + _listed(plainly)),
    ]


def _listed(phases: dict[str, float]) -> str:
    return ", ".join(f"{name} {seconds:.2f}" for name, seconds in phases.items())
