"""The measurement of doubts: its seeded pathologies are seen, and a steady trial has no doubt."""

from __future__ import annotations

import numpy as np
import pytest

from bench.doubts import IN_SHORT_WINDOWS, PATHOLOGIES, SHORT_S, Trial, evidence_of
from fpray.evidence.evidence import doubts
from fpray.evidence.steady_checks import STEADY_CHECKS


@pytest.mark.parametrize("name", PATHOLOGIES)
def test_a_seeded_pathology_is_seen(name: str) -> None:
    trial, check = PATHOLOGIES[name]
    evidence = evidence_of(np.random.default_rng(1), 30.0, trial)
    assert len(doubts(evidence, [check])) == 1
    assert len(doubts(evidence, STEADY_CHECKS)) == 1, "and nothing else"


@pytest.mark.parametrize("name", IN_SHORT_WINDOWS)
def test_a_short_window_shows_it_too(name: str) -> None:
    trial, check = IN_SHORT_WINDOWS[name]
    assert len(doubts(evidence_of(np.random.default_rng(1), SHORT_S, trial), [check])) == 1


@pytest.mark.parametrize("seconds", [SHORT_S, 30.0])
def test_a_steady_trial_has_no_doubt(seconds: float) -> None:
    assert doubts(evidence_of(np.random.default_rng(1), seconds, Trial()), STEADY_CHECKS) == []
