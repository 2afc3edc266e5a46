"""`--repeat until:2%`: repeats go where the throughput is known least, and what cannot be known well is named."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import fpray
from fpray.driver.result import SweepResult
from fpray.evidence.enough_repeats import half_width, widest
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome, Reason, Status
from fpray.testing.fake_machines import FakeMachines
from tests.conftest import cli
from tests.support.sweeps import Play, run_on

pytestmark = pytest.mark.heavy

MEASURED = "measured.throughput"


def _play(noise: Mapping[int, float], ran: list[tuple[int, int]] | None = None) -> Play:
    """Each trial measures 1,000/s for each loop, with the noise of its point."""

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        loops = trial.params.num_clients_per_proc
        dice = random.Random(f"{loops} {trial.repeat}")
        if ran is not None:
            ran.append((loops, trial.repeat))
        rate = 1000 * (loops + 1) * (1 + noise.get(loops, 0.0) * dice.choice((-1, 1)))
        return Outcome(Status.FINISHED, hosts=hosts, results={MEASURED: rate})

    return play


def _sweep(directory: Path, play: Play, **more: Any) -> SweepResult:
    return run_on(FakeMachines(["a"]), play, directory, **{"loops": 3, "repeat": "until:2%", **more})


def test_repeats_go_to_the_point_that_is_known_least(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran: list[tuple[int, int]] = []
    result = _sweep(tmp_path, _play({1: 0.01}, ran))
    counts = Counter(loops for loops, _ in ran)
    assert counts[0] == counts[2] == 3
    assert 3 < counts[1] < 10
    assert ran[9:] == [(1, repeat) for repeat in range(3, counts[1])]
    assert (result.planned, result.exit_code) == (len(ran), 0)
    assert (
        f"after {len(ran)} finished trials, the throughput of 3 of 3 points is known to 2 %" in capsys.readouterr().err
    )


def test_a_point_that_stays_unknown_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = _sweep(tmp_path, _play({2: 0.2}), repeat_at_most=5)
    assert len(result.outcomes) == 3 + 3 + 5
    output = " ".join(capsys.readouterr().err.split())
    assert "the throughput of 2 of 3 points is known to 2 %" in output
    assert "not known to 2 %: num_clients_per_proc=2: known to " in output
    assert "after 5 finished trials; --repeat-at-most allows 5" in output


def test_the_same_command_carries_on(tmp_path: Path) -> None:
    first: list[tuple[int, int]] = []
    play = _play({1: 0.01}, first)

    def until_the_tenth(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        if len(first) == 10:
            raise KeyboardInterrupt
        return play(trial, hosts)

    stopped = _sweep(tmp_path, until_the_tenth)
    assert stopped.interrupted
    second: list[tuple[int, int]] = []
    result = _sweep(tmp_path, _play({1: 0.01}, second))
    assert result.suite == stopped.suite
    assert not {*first} & {*second}
    whole: list[tuple[int, int]] = []
    (tmp_path / "whole").mkdir()
    _sweep(tmp_path / "whole", _play({1: 0.01}, whole))
    assert sorted([*first, *second]) == sorted(whole)
    third: list[tuple[int, int]] = []
    repeated = _sweep(tmp_path, _play({1: 0.01}, third), suite_directory=result.suite)
    assert (third, repeated.exit_code, repeated.planned) == ([], 0, len(whole))


def test_failed_trials_count_as_repeats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        if trial.params.num_clients_per_proc == 1 and trial.repeat != 1:
            return Outcome(Status.CRASHED, "server exited with 1", Reason.SYSTEM_UNDER_TEST, hosts=hosts)
        return _play({})(trial, hosts)

    result = _sweep(tmp_path, play, repeat_at_most=4, keep_going=True)
    assert len(result.outcomes) == 3 + 4 + 3
    assert result.exit_code == 1
    output = " ".join(capsys.readouterr().err.split())
    assert "num_clients_per_proc=1: it has 1 finished trial, and 3 with a throughput are needed" in output


def test_side_by_side_a_point_waits_for_its_own_repeat(tmp_path: Path) -> None:
    result = run_on(
        FakeMachines(["a", "b", "c"]), _play({0: 0.01, 1: 0.01}), tmp_path, loops=2, repeat="until:2%", parallel=3
    )
    numbers = [json.loads((path / "trial.json").read_text())["repeat"] for path in sorted(result.suite.glob("[0-9]*"))]
    assert Counter(numbers)[0] == 2
    assert max(Counter(numbers).values()) == 2
    assert result.exit_code == 0


def test_the_suite_keeps_what_was_asked_for(tmp_path: Path) -> None:
    result = _sweep(tmp_path, _play({}), repeat="until:0.05", repeat_at_most=4)
    (point,) = json.loads((result.suite / "suite.json").read_text())["points"]
    assert (point["repeat"], point["until"], point["repeat_at_most"]) == (3, 0.05, 4)
    fixed = run_on(FakeMachines(["a"]), _play({}), tmp_path, loops=3, repeat=3, new=True)
    (point,) = json.loads((fixed.suite / "suite.json").read_text())["points"]
    assert not {"until", "repeat_at_most"} & point.keys()


def test_a_reader_of_the_suite_is_warned_of_intervals(tmp_path: Path) -> None:
    result = _sweep(tmp_path, _play({}))
    assert any("repeats went on until a throughput was known" in text for text in fpray.load(result.suite).remarks)


def test_a_plan_says_how_many_there_may_be() -> None:
    done = cli("plan", "unreplicated", "--vary", "num_clients_per_proc=1,2", "--repeat", "until:2%")
    assert "6 trials (2 x 3 repeats), and up to 20 until each throughput is known to 2 %" in done.output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("--repeat", "until:2"),
            "--repeat until:2 must be a number of repeats, or until: and a share from 0.1% to 50%",
        ),
        (("--repeat", "until:"), "--repeat until: must be a number of repeats"),
        (("--repeat", "many"), "--repeat many must be a number of repeats"),
        (("--repeat", "0"), "--repeat 0 must be at least 1"),
        (("--repeat", "-3"), "--repeat -3 must be at least 1"),
        (("--repeat", "until:1%", "--repeat-at-most", "2"), "--repeat-at-most 2 must be at least 3"),
        (("--repeat", "4", "--repeat-at-most", "5"), "--repeat-at-most: limits repeats that go on until"),
        (("--repeat-at-most", "5"), "--repeat-at-most: limits repeats that go on until"),
    ],
)
def test_what_cannot_be_is_refused(words: Sequence[str], sentence: str) -> None:
    done = cli("plan", "unreplicated", *words)
    assert done.exit_code == 2
    assert sentence in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("values", "width"),
    [([1.0], "inf"), ([1.0, 1.0, 1.0], "0"), ([0.0, 0.0, 0.0], "inf"), ([0.99, 1.0, 1.01], "0.0358")],
)
def test_the_half_width_is_one_of_student(values: Sequence[float], width: str) -> None:
    assert half_width(values) == pytest.approx(float(width), rel=0.01)


def test_of_several_outputs_the_least_known_counts() -> None:
    steady: Callable[[float], Mapping[str, float]] = lambda reads: {  # noqa: E731
        f"write_output.{MEASURED}": 10.0,
        f"read_output.{MEASURED}": reads,
    }
    assert widest([steady(r) for r in (1.0, 1.1, 0.9)]) > 0.3
    assert widest([steady(0.0)] * 3) == 0
