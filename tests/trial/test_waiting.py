"""A trial that waits for what other programs hold."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fpray.store.outcome import Status
from fpray.testing.fake_machines import FakeMachines
from tests.support.trials import run


@pytest.mark.heavy
def test_waiting_for_a_machine_is_no_time_of_the_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """C6: a machine that another sweep holds."""
    monkeypatch.setattr("fpray.trial.machines.LOCK_CHECK_S", 1.0)
    answers = iter(["another sweep measures there", "another sweep measures there", None])
    began = time.monotonic()
    outcome = run(tmp_path, FakeMachines(["a"], lock=lambda *_: next(answers)))
    assert outcome.status is Status.FINISHED
    assert outcome.phases["waiting"] >= 2.0
    assert outcome.wall_s + outcome.phases["waiting"] <= time.monotonic() - began + 0.01, "they do not overlap"
