"""The last line of a run."""

from __future__ import annotations

from fpray.driver.messages import closing
from fpray.driver.result import SweepResult
from fpray.store.outcome import Outcome, Status
from fpray.store.suite import Suite
from fpray.study.source import ListSource
from tests.test_old_suites import RECORDED


def test_a_run_that_was_stopped_gives_the_reason_of_what_stopped_it() -> None:
    (path,) = (RECORDED / "sweep_half_done").iterdir()
    result = SweepResult(path, 3, {"001": Outcome(Status.FINISHED)}, stopped="the budget of 9 $ is spent")
    line = closing(Suite(path), result, ListSource([], []))
    assert line.startswith("stopped, because the budget of 9 $ is spent · 1 finished · results: fpray show "), line


def test_where_trials_failed_it_has_the_command_that_repeats_them() -> None:
    (path,) = (RECORDED / "sweep_half_done").iterdir()
    outcomes = {"001": Outcome(Status.FINISHED), "002": Outcome(Status.CRASHED)}
    line = closing(Suite(path), SweepResult(path, 2, outcomes), ListSource([], []))
    start, how = line.split(" · to run the failed trials again after you have corrected the cause, run ")
    assert start.startswith("1 finished, 1 crashed · results, and why trials failed: fpray show ")
    assert how == f"{Suite(path).record.command} --rerun failed"
