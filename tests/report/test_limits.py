"""What limits a trial, in words: its one line, `fpray show`, and a figure; and nothing where it is not known."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from fpray.report.limits import limit_cell, limit_counts, limit_sentence
from fpray.report.outcome_lines import ended_line
from fpray.store.bottleneck import Bottleneck, Kind
from fpray.store.outcome import Outcome, Status
from tests.conftest import cli
from tests.support.trials import a_trial

CRASH = Path(__file__).parents[1] / "recorded" / "suites" / "sweep_with_a_crash"
THREAD = Bottleneck(Kind.THREAD, "server", "server", 0.94, 0.95).columns()


def _limit(kind: Kind, role: str | None = None, share: float | None = 0.99, confidence: float = 0.95) -> dict[str, Any]:
    return Bottleneck(kind, role, "a", share, confidence).columns()


@pytest.mark.parametrize(
    ("results", "sentence", "cell"),
    [
        (THREAD, "limited by a thread of server (94%)", "a thread of server, 94%"),
        (_limit(Kind.CLIENT, "client"), "limited by the clients (99%)", "the clients, 99%"),
        (_limit(Kind.CPU), "limited by the cores (99%)", "the cores, 99%"),
        (_limit(Kind.CPU, "acceptor"), "limited by the cores (99%, mostly acceptor)", "the cores, 99%"),
        (_limit(Kind.NETWORK), "limited by the network (99%)", "the network, 99%"),
        (
            _limit(Kind.GC, "leader", 0.4),
            "limited by the garbage collection of leader (40%)",
            "the garbage collection of leader, 40%",
        ),
        (
            _limit(Kind.STEAL, share=0.3),
            "limited by the host of a virtual machine, which takes cores away (30%)",
            "the host of a virtual machine, which takes cores away, 30%",
        ),
        (
            _limit(Kind.NONE, "leader", 0.43),
            "nothing is saturated: the load is too small (busiest: leader 43%)",
            "too small a load",
        ),
        (
            _limit(Kind.THREAD, "server", confidence=0.6),
            "limited by a thread of server (99%, in 60% of the seconds)",
            "a thread of server, 99%",
        ),
        (_limit(Kind.THREAD, "\x1b[31ma\nb", None), "limited by a thread of a\\nb", "a thread of a\\nb"),
        ({"bottleneck.kind": "none"}, "nothing is saturated: the load is too small", "too small a load"),
        (Bottleneck().columns(), "", "-"),
        ({}, "", "-"),
    ],
)
def test_each_kind_of_limit_has_its_words(results: dict[str, Any], sentence: str, cell: str) -> None:
    assert limit_sentence(results) == sentence
    assert limit_cell(results) == cell


def test_the_limits_of_many_trials_are_counted() -> None:
    kinds = [THREAD, THREAD, _limit(Kind.CLIENT), _limit(Kind.CPU), _limit(Kind.NETWORK), _limit(Kind.NONE), {}]
    text = "limited by a thread of server (2 trials), the clients (1), the cores (1), others (2)"
    assert limit_counts(kinds) == text
    assert limit_counts([THREAD, {}]) == "limited by a thread of server (1 trial)"
    assert limit_counts([{}, Bottleneck().columns()]) == ""


def test_the_line_of_a_trial_ends_with_its_limit() -> None:
    trial = a_trial()
    numbers = {"measured.throughput": 70.0, "measured.latency.median_ms": 2.0}
    line = ended_line(trial, Outcome(Status.FINISHED, results=numbers | THREAD), (), trial.protocol.outputs)
    assert line.endswith("'measured.throughput': '70'} · limited by a thread of server (94%)")
    assert ended_line(trial, Outcome(Status.FINISHED, results=numbers), (), trial.protocol.outputs).endswith("'70'}")


@pytest.fixture
def limited(tmp_path: Path) -> Path:
    """A suite of which the first trial says what limited it."""
    (suite,) = (path for path in shutil.copytree(CRASH, tmp_path / "suites").iterdir() if path.is_dir())
    outcome = json.loads((suite / "001" / "outcome.json").read_text())
    outcome["results"] |= THREAD
    (suite / "001" / "outcome.json").write_text(json.dumps(outcome))
    return suite


def test_show_says_what_limits_a_trial(limited: Path) -> None:
    table, one = cli("show", str(limited)).output, cli("show", f"{limited}/001").output
    assert " limited by " in table
    assert "  a thread of server, 94%  " in table
    assert "\nlimited by a thread of server (94%)\n" in one
    assert "bottleneck." not in one
    earlier = next(CRASH.glob("2026*"))
    assert "limited by" not in cli("show", str(earlier)).output + cli("show", f"{earlier}/001").output


def test_the_columns_have_their_types(limited: Path) -> None:
    import fpray

    results = fpray.load(limited)
    rows = {row["trial"]: row for row in results.trials.to_pylist()}
    assert [rows[number]["bottleneck.kind"] for number in ("001", "002")] == ["thread", None]
    assert [rows[number]["bottleneck.share"] for number in ("001", "002")] == [0.94, None]
    assert not [name for name in results.inputs if name.startswith("bottleneck.")]
