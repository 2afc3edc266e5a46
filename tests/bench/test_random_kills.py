"""H6: a short part of `make bench-kills`, and that it sees what it is to see."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from bench.kills.case import KILLS, ORDER, PHASES, SIGNALS, VICTIMS, case_of, one_of_each_victim
from bench.kills.chain import Chain
from bench.kills.judge import end_of_suite, trials_of
from bench.kills.suite import Suite
from bench.lines import Lines


@pytest.mark.slow
@pytest.mark.ray
@pytest.mark.jvm
@pytest.mark.timeout(900)
def test_after_a_kill_of_each_kind_of_process_nothing_is_left_lost_or_unexplained(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    for case in one_of_each_victim():
        line = chain.kill(case)
        assert line["victim_pid"], case.in_words()
        assert not line["violations"], json.dumps(line, indent=1)
    assert chain.close() == []


def test_the_kills_are_as_the_bench_promises() -> None:
    cases = [case_of(number) for number in range(1, KILLS + 1)]
    assert cases == [case_of(number) for number in range(1, KILLS + 1)]
    assert case_of(1, seed=1) != case_of(1, seed=2)
    assert sum(PHASES[case.phase].starts for case in cases) == KILLS / 2
    assert sum(PHASES[case.phase].of_jvms for case in cases) > 0.7 * KILLS
    assert {(case.victim, case.signal) for case in cases} == {(v, s) for v in VICTIMS for s in SIGNALS}
    assert min(Counter(case.victim for case in cases).values()) == KILLS / 10
    for case in cases:
        first, last = map(ORDER.index, VICTIMS[case.victim])
        assert first <= ORDER.index(case.phase) <= last
        assert case.times == 1 or case.signal in ("INT", "TERM", "HUP")
        assert case.resumed or case.meanwhile
    assert {case.victim for case in one_of_each_victim()} == set(VICTIMS)
    assert {case.signal for case in one_of_each_victim()} == set(SIGNALS)


def test_a_piece_of_a_line_is_no_line(tmp_path: Path) -> None:
    lines = Lines(tmp_path / "kills" / "lines.jsonl")
    assert lines.read() == {}
    lines.add({"number": 7, "violations": []})
    with lines.path.open("a") as file:
        file.write('{"number": 8, "viol')
    assert set(lines.read()) == {7}
    lines.add({"number": 8, "violations": []})
    lines.add({"number": 9, "violations": []})
    assert set(lines.read()) == {7, 8, 9}


def _suite(directory: Path) -> Suite:
    """A suite of three trials that finished."""
    path = directory / "suites" / "2026-11-28_one"
    rows = ["num_clients_per_proc,latency.mean_ms"]
    for number in (1, 2, 3):
        trial = path / f"00{number}"
        trial.mkdir(parents=True)
        outcome = {"status": "finished", "results": {"latency.mean_ms": number / 8}}
        (trial / "outcome.json").write_text(json.dumps(outcome))
        (trial / "recorder.parquet").write_bytes(b"rows")
        rows.append(f"{number},{number / 8}")
    (path / "suite.json").write_text("{}")
    (path / "results.csv").write_text("\n".join([*rows, ""]))
    return Suite(directory, "unreplicated")


def test_a_suite_as_it_should_be_raises_no_objection(tmp_path: Path) -> None:
    suite = _suite(tmp_path)
    assert list(trials_of(suite, suite.snapshot())) == []
    assert list(end_of_suite(suite)) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("rm 002/outcome.json", "002 had finished, and is lost"),
        ("append 002/recorder.parquet", "002 had finished, and has changed"),
        ("run again 002", "002 had finished, and was run again"),
        ("append results.csv 2,0.25", "002 is 2 times in results.csv"),
        ("another suite", "the same command made 2 suites"),
    ],
)
def test_what_is_wrong_with_finished_trials_is_seen(change: str, sentence: str, tmp_path: Path) -> None:
    suite = _suite(tmp_path)
    before = suite.snapshot()
    (path,) = suite.paths()
    match change.split():
        case ["rm", name]:
            (path / name).unlink()
        case ["append", name, *text]:
            with (path / name).open("a") as file:
                file.write("".join(text) + "\n")
        case ["run", "again", number]:
            earlier = path / number / "attempts" / "1"
            earlier.mkdir(parents=True)
            (earlier / "outcome.json").write_text((path / number / "outcome.json").read_text())
        case _:
            other = path.with_name("2026-11-28_two")
            other.mkdir()
            (other / "suite.json").write_text("{}")
    assert sentence in [text for _, text in trials_of(suite, before)]


def test_a_trial_that_is_not_in_the_results_is_seen_at_the_end(tmp_path: Path) -> None:
    suite = _suite(tmp_path)
    (path,) = suite.paths()
    table = path / "results.csv"
    table.write_text(table.read_text().replace("3,0.375\n", ""))
    assert [text for _, text in end_of_suite(suite)] == [
        "at the end of the suite, 003 is 0 times in results.csv",
        "at the end of the suite, results.csv has 2 rows",
    ]
