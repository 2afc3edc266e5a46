"""The directory of a trial: when it ended."""

from __future__ import annotations

from pathlib import Path

from fpray.files.layout import next_number
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


def test_a_name_that_is_no_number_is_not_counted(tmp_path: Path) -> None:
    """I3: siblings: `int` does not read each digit that `isdigit` knows."""
    for name in ("001", "001/attempts/\u00b2", "001/attempts/7", "001/attempts/x"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "001" / "log.txt").write_text("a")
    TrialDirectory(tmp_path / "001").archive_attempt()
    assert (tmp_path / "001" / "attempts" / "8" / "log.txt").read_text() == "a"
    assert next_number(["001-x", "3", "-1", "\u0663"]) == 4
