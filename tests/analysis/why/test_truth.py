"""How often `fpray why` errs, on simulated suites of which the truth is known."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import fpray
from fpray_analysis.comparison.comparison import Verdict
from fpray_analysis.why.run import MARGIN, WhyOptions, why
from tests.analysis.why.simulated import COUNTS, simulate

SUITES = 200
Call = tuple[Verdict, bool]  # what is said of a step, and whether it is right


@pytest.mark.slow
def test_of_the_calls_in_200_suites_at_most_5_percent_are_wrong(tmp_path: Path) -> None:
    dice = random.Random(15)
    suites = [[*_calls(tmp_path / f"{number}.csv", dice)] for number in range(SUITES)]
    calls = Counter(call for suite in suites for call in suite)
    claims = sum(count for (verdict, _), count in calls.items() if verdict is not Verdict.UNDECIDED)
    wrong = sum(count for (_, is_right), count in calls.items() if not is_right)
    print(f"{calls.total()} steps, {calls}: {wrong} of {claims} calls are wrong")
    assert wrong <= 0.05 * claims
    assert claims >= 0.4 * calls.total()  # it does not err by saying nothing
    assert calls[Verdict.FASTER, True] > 500
    assert calls[Verdict.SAME, True] > 300
    assert calls[Verdict.SLOWER, True] > 50


def _calls(file: Path, dice: random.Random) -> Iterator[Call]:
    """Each step of a suite."""
    suite = simulate(file, dice)
    for effect in why(fpray.load(file), WhyOptions()).roles:
        step, verdict = effect.step, effect.estimate.verdict
        sides = [tuple(one.row[name] for name in COUNTS) for one in (step.before, step.after)]
        ratio = suite.ratio(*sides)
        is_right = {
            Verdict.FASTER: ratio > 1 + 1e-9,
            Verdict.SLOWER: ratio < 1 - 1e-9,
            Verdict.SAME: abs(ratio - 1) <= MARGIN,
            Verdict.UNDECIDED: True,
        }
        yield verdict, is_right[verdict]
