"""What a sweep prints while it runs, without a terminal: FrankenPaxos's lines, failures, and what others can read."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from fpray.plan.plan import Trial
from fpray.report.live import Progress
from fpray.store.outcome import Outcome, Reason, Status
from fpray.study.registry import find_protocol
from fpray.study.source import ListSource

PROTOCOL = find_protocol("unreplicated")
TRIALS = [
    Trial(PROTOCOL, dataclasses.replace(PROTOCOL.params(), num_clients_per_proc=count), 0) for count in range(1, 4)
]
FINISHED = Outcome(Status.FINISHED, results={"latency.median_ms": 1.25, "start_throughput_1s.p90": -1.0}, wall_s=2)
CRASHED = Outcome(Status.CRASHED, "server crashed", Reason.SYSTEM_UNDER_TEST, lines=("no memory",))


def _progress(suite: Path, leave_terminal: list[Path] | None = None) -> Progress:
    leave = leave_terminal.append if leave_terminal is not None else None
    return Progress(ListSource(TRIALS, TRIALS), ("num_clients_per_proc",), PROTOCOL.outputs, suite, leave)


def test_a_line_for_each_trial_that_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with _progress(tmp_path) as progress:
        progress.resumed(TRIALS[0], Status.FINISHED)
        progress.begin("002", TRIALS[1])
        progress.phase("measuring", 2.0, "002")
        assert capsys.readouterr().err == "", "nothing is written while clients measure"
        (step,) = progress.snapshot().under_way
        assert (step.number, step.stage, step.planned_s) == ("002", "measuring", 2.0)
        progress.end("002", TRIALS[1], dataclasses.replace(FINISHED, doubts=("few requests",), notes=("one retry",)))
        head, doubt, note = capsys.readouterr().err.splitlines()
        assert re.fullmatch(r"\[002/003; 66\.7%\] \d:\d\d:\d\d / \d:\d\d:\d\d \+ \d:\d\d:\d\d\? \{.*\}", head)
        assert head.endswith("{'num_clients_per_proc': '2', 'latency.median_ms': '1.25'}")
        assert (doubt, note) == ("    doubt about these numbers: few requests", "    note: one retry")
        progress.begin("003", TRIALS[2])
        progress.end("003", TRIALS[2], dataclasses.replace(FINISHED, doubts=("few requests",)))
        assert capsys.readouterr().err.endswith("\n    doubt about these numbers: the same as of trial 002\n")
        progress.begin("003", TRIALS[2])
        progress.end("003", TRIALS[2], CRASHED)
        assert capsys.readouterr().err.splitlines() == [
            "trial 003 of 003 · crashed: server crashed",
            "    no memory",
            "    see docs/troubleshooting.md#crashed",
        ]
        now = progress.snapshot()
        assert (now.done, now.total, now.failed) == (3, 3, 1)
        progress.finish("2 finished, 1 crashed", 1, early=False)
    content = json.loads((tmp_path / "progress.json").read_text())
    assert (content["state"], content["says"], content["exit_code"]) == ("finished", "2 finished, 1 crashed", 1)
    assert (tmp_path / "driver.log").read_text().splitlines()[0] == head


def test_a_trial_that_was_lost_is_not_done(tmp_path: Path) -> None:
    with _progress(tmp_path) as progress:
        progress.begin("001", TRIALS[0])
        progress.end("001", TRIALS[0], Outcome(Status.LOST, "machine gone", Reason.INFRASTRUCTURE))
        now = progress.snapshot()
        assert (now.done, now.total, now.failed) == (0, 3, 0)


def test_an_error_is_what_the_suite_says_last(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no more"), _progress(tmp_path):
        raise ValueError("no more")
    content = json.loads((tmp_path / "progress.json").read_text())
    assert (content["state"], content["says"], content["exit_code"]) == ("failed", "no more", 1)


def test_a_sweep_that_goes_on_by_itself_reports_its_suite_when_it_is_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fpray.report.driver_log.DriverLog.take_output", lambda _log: None)
    paths: list[Path] = []
    with _progress(tmp_path, paths) as progress:
        progress.say("on the terminal")
        assert paths == []
        progress.wait("waiting for machines")
        progress.begin("001", TRIALS[0])
    assert paths == [tmp_path]
