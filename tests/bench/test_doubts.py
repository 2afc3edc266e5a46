"""The measurement of doubts: its seeded pathologies are seen, and a steady trial has no doubt."""

from __future__ import annotations

import numpy as np
import pytest

from bench.doubts import PATHOLOGIES, Trial, evidence_of
from fpray.evidence.evidence import doubts
from fpray.evidence.steady_checks import STEADY_CHECKS


@pytest.mark.parametrize("name", PATHOLOGIES)
def test_a_seeded_pathology_is_seen(name: str) -> None:
    trial, check = PATHOLOGIES[name]
    evidence = evidence_of(np.random.default_rng(1), 30.0, trial)
    assert len(doubts(evidence, [check])) == 1
    assert len(doubts(evidence, STEADY_CHECKS)) == 1, "and nothing else"


def test_a_steady_trial_has_no_doubt() -> None:
    assert doubts(evidence_of(np.random.default_rng(1), 30.0, Trial()), STEADY_CHECKS) == []
