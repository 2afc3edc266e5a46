"""`fpray why`: what a role's addition did to the peak, what is not attributed, and what would answer it."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from fpray.store.outcome import Outcome, Status
from fpray.testing.fake_machines import FakeMachines
from tests.analysis.why.simulated import COUNTS, simulate
from tests.conftest import cli
from tests.data.published_curves import curve
from tests.support.suites import only_suite
from tests.support.sweeps import run_on

pytestmark = pytest.mark.heavy

THROUGHPUT = "start_throughput_1s.p90"
Trial = Mapping[str, Any]


def _trials(
    throughput: float, more: Trial | None = None, *, repeats: int = 4, load: int = 100, **counts: Any
) -> list[Trial]:
    """Repeats of a configuration, which differ by 1 % or so."""
    values = {**counts, **(more or {})}
    dice = random.Random(str(values))
    return [
        {"num_clients_per_proc": load, **values, THROUGHPUT: throughput * dice.gauss(1, 0.005)} for _ in range(repeats)
    ]


def _limit(kind: str, role: str = "", share: float | str = "") -> Trial:
    return {"bottleneck.kind": kind, "bottleneck.role": role, "bottleneck.share": share}


def _file(path: Path, trials: Iterable[Trial], **constants: Any) -> Path:
    rows = [
        {"protocol": "multipaxos", "num_client_procs": 1, "latency.median_ms": 1.0, **constants, **trial}
        for trial in trials
    ]
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def _why(*words: object) -> str:
    done = cli("why", *map(str, words))
    assert done.exit_code == 0, done.stderr
    return done.stdout


def _steps(*words: object) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(_why(*words, "--format", "csv"))))


@pytest.fixture
def ladder(tmp_path: Path) -> Path:
    """Proxy leaders limit, then the leader does; more replicas change nothing."""
    trials = [
        trial
        for load, share in ((10, 0.4), (100, 0.97), (200, 1.0))
        for replicas in (2, 3)
        for proxies, peak in ((2, 1000.0), (3, 1500.0), (4, 1500.0))
        for trial in _trials(
            peak * share, _limit("thread", "proxy_leader" if proxies == 2 else "leader", 0.96), load=load,
            num_proxy_leaders=proxies, num_replicas=replicas,
        )
    ]  # fmt: skip
    return _file(tmp_path / "ladder.csv", trials)


def test_a_role_that_moved_the_peak_is_told_from_one_that_did_not(ladder: Path) -> None:
    steps = {(step["parameter"], step["before"], step["after"], step["place"]): step for step in _steps(ladder)}
    up = steps["num_proxy_leaders", "2", "3", "num_replicas=2"]
    assert (up["call"], up["roles"], up["repeats_before"]) == ("moved the peak up", "proxy_leader", "4")
    assert float(up["low"]) < 1.5 < float(up["high"])
    assert steps["num_proxy_leaders", "3", "4", "num_replicas=2"]["call"] == "did not move the peak"
    assert steps["num_proxy_leaders", "2", "4", "num_replicas=3"]["call"] == "moved the peak up"
    assert steps["num_replicas", "2", "3", "num_proxy_leaders=4"]["call"] == "did not move the peak"
    assert len(steps) == 2 * 3 + 3


def test_the_text_is_sentences_with_the_largest_effect_first(ladder: Path) -> None:
    text = _why(ladder)
    lines = text.splitlines()
    assert lines[0].startswith("6 configurations of 72 trials; the peak is the highest start_throughput_1s.p90")
    counts = "  num_proxy_leaders (adds proxy_leader): 6 steps: 4 moved the peak up, 2 did not move the peak; ratios "
    assert any(line.startswith(counts) for line in lines)
    assert any(
        line.startswith("    num_proxy_leaders 2 -> 3: 2 steps: 2 moved the peak up; ratios 1.") for line in lines
    )
    sentences = [line for line in lines if line.endswith(" 4 repeats")]
    assert sentences[0].startswith("  num_proxy_leaders 2 -> ")
    assert " moved the peak up: ratio 1.5" in sentences[0]
    assert "requests/s · num_replicas=" in sentences[0]
    assert "did not move the peak" in sentences[-1]


def test_what_limited_before_says_whether_the_addition_was_at_the_right_place(ladder: Path) -> None:
    text = _why(ladder)
    limited = (
        "    before, the limit was a thread of proxy_leader, 96%; added where it was limited; after, it was a thread"
    )
    assert limited in text
    assert "a thread of leader, 96%; added elsewhere" in text
    assert {step["addition"] for step in _steps(ladder)} == {"added where it was limited", "added elsewhere"}


def test_a_load_that_is_too_small_says_nothing_about_a_role(tmp_path: Path) -> None:
    trials = [
        trial for count in (2, 3) for trial in _trials(1000.0, _limit("none", "replica", 0.3), num_replicas=count)
    ]
    (step,) = _steps(_file(tmp_path / "t.csv", trials))
    assert step["call"] == "cannot be told"
    assert step["reason"] == "before it, the load was too small: more load may give more"
    assert (step["limit_before"], step["addition"]) == ("too small a load", "")


def test_a_throughput_that_still_rises_is_no_peak(tmp_path: Path) -> None:
    trials = [
        trial for count in (2, 3) for load in (1, 10)
        for trial in _trials(1000.0 * load, load=load, num_replicas=count)
    ]  # fmt: skip
    file = _file(tmp_path / "t.csv", trials)
    (step,) = _steps(file)
    assert step["call"] == "cannot be told"
    assert "the throughput still rose by 9" in step["reason"]
    assert "at 2 of 2 configurations the throughput still rose by more than 5% at the highest load" in _why(file)


def test_a_load_that_only_one_side_has_makes_no_difference(tmp_path: Path) -> None:
    few = [trial for load in (10, 100) for trial in _trials(10.0 * load, load=load, num_replicas=2)]
    more = [trial for load in (10, 100, 200) for trial in _trials(10.0 * load, load=load, num_replicas=3)]
    (step,) = _steps(_file(tmp_path / "t.csv", [*few, *more]))
    assert 0.98 < float(step["ratio"]) < 1.02
    others = [*_trials(1000.0, load=10, num_replicas=2), *_trials(2000.0, load=100, num_replicas=3)]
    done = cli("why", str(_file(tmp_path / "others.csv", others)))
    assert done.exit_code == 2
    assert "at a load that both have" in done.stderr


def test_parameters_that_change_together_are_attributed_to_none(tmp_path: Path) -> None:
    grid = {"num_acceptor_groups": 2, "num_acceptors_per_group": 2, "flexible": True}
    groups = {"num_acceptor_groups": 1, "num_acceptors_per_group": 3, "flexible": False}
    trials = [
        trial
        for acceptors, share in ((groups, 1.0), (grid, 1.2))
        for count in (2, 3)
        for trial in _trials(1000.0 * share * count, acceptors, num_proxy_leaders=count)
    ]
    file = _file(tmp_path / "t.csv", trials)
    assert {step["parameter"] for step in _steps(file)} == {"num_proxy_leaders"}
    text = _why(file)
    assert (
        "num_acceptor_groups 1 -> 2, num_acceptors_per_group 3 -> 2, flexible False -> True (acceptor: 3 -> 4) change"
        " together at 2 places: the ratio of the peaks is 1.2"
    ) in text
    assert "Which of them did it cannot be told" in text


def test_other_parameters_have_a_table_of_their_own(tmp_path: Path) -> None:
    trials = [
        trial
        for size, factor in ((1, 1.0), (10, 3.0))
        for count in (2, 3)
        for trial in _trials(1000.0 * factor, {"batcher_options.batch_size": size}, num_batchers=count)
    ]
    text = _why(_file(tmp_path / "t.csv", trials))
    roles, _, others = text.partition("\nOther parameters\n")
    assert "num_batchers (adds batcher): 2 steps: 2 did not move the peak" in roles
    assert "batcher_options.batch_size: 2 steps: 2 moved the peak up" in others


def test_without_repeats_there_is_no_interval_and_it_is_said(tmp_path: Path) -> None:
    trials = [trial for count in (2, 3) for trial in _trials(1000.0 * count, repeats=1, num_replicas=count)]
    text = _why(_file(tmp_path / "t.csv", trials))
    assert "num_replicas 2 -> 3: whether it moved the peak cannot be told: ratio 1.5" in text
    assert "(no interval)" in text
    assert "2 of 2 peaks have no repeats: add --repeat 3 to the sweep" in text
    assert "cannot be told: 1 repeat, and fewer than 5 other points have repeats that show the noise" in text


@pytest.mark.parametrize(
    ("constants", "sweep"),
    [
        ({"num_replicas": 3}, "fpray sweep multipaxos --vary num_batchers=0,2,3 --vary num_clients_per_proc=1,10,100"),
        (
            {"num_replicas": 3, "bottleneck.kind": "thread", "bottleneck.role": "replica"},
            "a thread of replica limits start_throughput_1s.p90): fpray sweep multipaxos --vary num_replicas=3,4,5",
        ),
        ({"num_replicas": 3, "protocol": ""}, "such as fpray sweep multipaxos --vary num_replicas=2,3,4"),
        ({"protocol": "epaxos", "f": 1}, "no parameter of epaxos counts a role alone"),
    ],
)
def test_where_nothing_differs_a_sweep_is_named(constants: Trial, sweep: str, tmp_path: Path) -> None:
    done = cli("why", str(_file(tmp_path / "t.csv", _trials(1000.0), **constants)))
    assert done.exit_code == 2
    assert "no two configurations differ in the number of processes of one role only" in done.stderr
    assert sweep in done.stderr


def test_all_that_is_wrong_is_refused_at_once(ladder: Path) -> None:
    done = cli("why", str(ladder), "--x", "start_throughput_1s.p9", "--bound", "latency.median_ms<=x", "--margin", "2")
    assert done.exit_code == 2
    for sentence in (
        "--x start_throughput_1s.p9: there is no such column; did you mean start_throughput_1s.p90?",
        "--bound latency.median_ms<=x: write a column, <= or >=, and a number",
        "--margin 2 must be above 0 and at most 0.5",
    ):
        assert sentence in done.stderr
    assert "is kept by no configuration" in cli("why", str(ladder), "--bound", "latency.median_ms<=0.5").stderr


def test_a_bound_leaves_out_peaks_that_do_not_keep_it(tmp_path: Path) -> None:
    trials = [
        {**trial, "latency.median_ms": load / 10}
        for count in (2, 3)
        for load in (10, 100)
        for trial in _trials(100.0 * load * (count if load == 100 else 1), load=load, num_replicas=count)
    ]
    file = _file(tmp_path / "t.csv", trials)
    assert [step["call"] for step in _steps(file)] == ["moved the peak up"]
    assert [step["call"] for step in _steps(file, "--bound", "latency.median_ms<5")] == ["did not move the peak"]


def test_a_suite_of_fpray_says_which_parameters_count_roles(tmp_path: Path) -> None:
    """With rows that its declaration makes: an acceptor group has three acceptors."""

    def play(trial: Any, hosts: Sequence[str]) -> Outcome:
        peak = 1000.0 * trial.params.num_acceptor_groups * random.Random(trial.repeat).gauss(1, 0.005)
        results = {"write_output.measured.throughput": peak, "write_output.measured.latency.median_ms": 1.0}
        return Outcome(Status.FINISHED, hosts=hosts, results=results)

    vary = {"num_acceptor_groups": [1, 2], "num_replicas": [2, 3]}
    run_on(FakeMachines(), play, tmp_path, protocol="multipaxos", vary=vary, repeat=4)
    text = _why(only_suite(tmp_path))
    assert "num_acceptor_groups 1 -> 2 (acceptor: 3 -> 6) moved the peak up: ratio 2.0" in text
    assert "num_replicas (adds replica): 2 steps: 2 did not move the peak" in text


def test_trials_of_several_suites_are_compared_with_a_note(tmp_path: Path) -> None:
    files = [_file(tmp_path / f"{count}.csv", _trials(1000.0 * count, num_replicas=count)) for count in (2, 3)]
    text = _why(*files)
    assert "num_replicas 2 -> 3 moved the peak up: ratio 1.5" in text
    assert "trials of several suites are compared: what differs between their times and machines" in text


def test_a_table_of_markdown_is_not_broken_by_texts(tmp_path: Path) -> None:
    trials = [
        trial for count in (2, 3) for machine in ("a|b\n# x", "c`\x1b[31m")
        for trial in _trials(1000.0, num_replicas=count, state_machine=machine)
    ]  # fmt: skip
    file, output = _file(tmp_path / "t.csv", trials), tmp_path / "t.md"
    assert "t.md has 4 steps" in _why(file, "--format", "markdown", "-o", output)
    text = output.read_text()
    assert "\x1b" not in text + _why(file)
    assert "\n# x" not in text
    rows = [line for line in text.splitlines() if line.startswith("| num")]
    assert len(rows) == 2
    assert all(row.count(" | ") == rows[0].count(" | ") for row in rows)
    assert "is a part of what is read" in cli("why", str(file), "-o", str(file)).stderr


def test_published_curves_with_other_loads_are_attributed_to_nothing(tmp_path: Path) -> None:
    """Batchers, their batches and the load grow together there."""
    text = _why(curve("eurosys_fig1_batched_multipaxos", tmp_path))
    assert "num_batchers 2 -> 8, batcher_options.batch_size 1 -> 40" in text
    assert "moved the peak up" not in text
    assert "3 more steps are left out: no load is common to both sides" in text


def test_a_simulated_suite_is_read_as_it_was_made(tmp_path: Path) -> None:
    suite = simulate(tmp_path / "t.csv", random.Random(3))
    steps = _steps(suite.file)
    assert {step["parameter"] for step in steps} == set(COUNTS)
    assert len(steps) == 24
