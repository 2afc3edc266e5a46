"""The directory of a trial: when it ended."""

from __future__ import annotations

from pathlib import Path

from fpray.store.outcome import Outcome, Status
from fpray.store.trial_directory import TrialDirectory


def test_trials_that_end_at_once_have_an_order(tmp_path: Path) -> None:
    """results.csv, and what a search is told when it is carried on, are in the order in which trials ended."""
    directories = [TrialDirectory(tmp_path / f"{number:03}") for number in range(1, 41)]
    for directory in directories:
        directory.path.mkdir()
        directory.commit(Outcome(Status.FINISHED))
    times = [directory.ended_ns() for directory in directories]
    assert times == sorted(set(times))
