"""When a trial ends early for a latency bound: only if the rest of it cannot change the result."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path

import pytest

from fpray.files.reading import pieces
from fpray.searching.early_stop import early_stop
from fpray.searching.latency_bounds import FEWEST_ROWS, LatencyBound, broken_bound
from fpray.store.outcome import Outcome, Reason, Status
from fpray.testing.fake_agent import Answer
from fpray.testing.fake_machines import FakeMachines
from tests.support.trials import a_trial, actor_gone, clients_run_until, run

T = "2026-11-22T10:00:00Z"


def _rows(latencies_ms: list[float], label: str | None = "write") -> bytes:
    if label is None:
        return "".join(f"{T},{T},{round(ms * 1e6)},127.0.0.1,4000\n" for ms in latencies_ms).encode()
    return "".join(f"{T},{T},1,{round(ms * 1e6)},{label}\n" for ms in latencies_ms).encode()


def _mixed(rows: int, over: float, high: float) -> list[float]:
    chance = random.Random(1)
    return [high if chance.random() < over else 0.5 for _ in range(rows)]


@pytest.mark.parametrize(
    ("statistic", "over", "high", "broken"),
    [
        ("p99", 0.2, 10.0, True),
        ("p99", 0.2, 2.0, False),  # over the limit, but the rest may be better
        ("p99", 0.02, 10.0, False),  # too many now, perhaps not too many in all
        ("p95", 0.2, 10.0, False),
        ("p95", 0.5, 10.0, True),
        ("p90", 0.9, 10.0, True),
        ("median", 0.6, 10.0, False),
        ("median", 1.0, 10.0, True),
        ("mean", 1.0, 10.0, True),
        ("mean", 0.6, 100.0, False),  # a mean of 60, of few requests: closed loops may answer many more in time
        ("max", 1.0, 10.0, False),
    ],
)
@pytest.mark.parametrize("label", ["write", None])
def test_given_up(statistic: str, over: float, high: float, broken: bool, label: str | None) -> None:
    reason = broken_bound([LatencyBound(label, statistic, 1.0)], [_rows(_mixed(2000, over, high), label)])
    assert (reason is not None) is broken, reason
    if reason:
        assert reason.startswith(f"after half of the duration the {statistic} of {label or 'all'} requests is")


def test_few_rows_other_labels_and_rubbish_say_nothing() -> None:
    bound = LatencyBound("write", "p99", 1.0)
    assert broken_bound([bound], [_rows([50.0] * (FEWEST_ROWS - 10))]) is None
    assert broken_bound([bound], [_rows([50.0] * 5000, "read"), _rows([0.5] * 5000)]) is None
    assert broken_bound([bound], [b"\x00\xff,,,,\n" * 5000, b""]) is None
    assert broken_bound([], [_rows([50.0] * 5000)]) is None


def test_a_hiccup_at_the_end_is_no_reason(tmp_path: Path) -> None:
    """What is looked at is spread over the file: the last rows of a stall are a small part of it."""
    file = tmp_path / "client_0_data.csv"
    file.write_bytes(_rows([0.5] * 60_000 + [100.0] * 1_000))
    sample = pieces(file)
    assert sum(map(len, sample)) <= 1 << 16
    assert broken_bound([LatencyBound("write", "p99", 1.0)], sample) is None
    file.write_bytes(_rows([0.5] * 30_000 + [100.0] * 30_000))
    assert broken_bound([LatencyBound("write", "p99", 1.0)], pieces(file)) is not None
    assert pieces(tmp_path / "none") == []


def _under_a_bound(directory: Path, limit_ms: float, seconds: float = 5, **answers: Answer) -> Outcome:
    """A trial with clients that answer within 1 ms, under an upper bound of the p99."""
    trial = a_trial(duration=timedelta(seconds=seconds))
    instruments = early_stop([LatencyBound("write", "p99", limit_ms)])
    machines = FakeMachines(["a"])
    machines.answers |= answers
    return run(directory, machines, trial, instruments=instruments)


def _never(*_: object) -> Future[None]:
    return Future()


def test_a_trial_that_cannot_keep_a_bound_ends_early_with_its_figures(tmp_path: Path) -> None:
    outcome = _under_a_bound(tmp_path, 0.1, wait_exit=_never)
    assert (outcome.status, outcome.reason, outcome.notes) == (Status.STOPPED_EARLY, Reason.NONE, [])
    assert outcome.detail.startswith("after half of the duration the p99 of write requests is 1 ms, and 100% of them")
    assert outcome.results["measured.latency.p99_ms"] == pytest.approx(1.0)


def test_a_trial_that_keeps_its_bounds_runs_to_its_end(tmp_path: Path) -> None:
    looked, look = [], threading.Event()

    def sample_rows(_role: str, _host: str, paths: Sequence[str], after_s: float) -> list[bytes]:
        looked.append((paths, after_s))
        look.set()
        return [Path(path).read_bytes() for path in paths]

    assert early_stop([]) == []
    outcome = _under_a_bound(tmp_path, 10.0, sample_rows=sample_rows, wait_exit=clients_run_until(look))
    assert outcome.status is not Status.STOPPED_EARLY
    assert looked == [([str(tmp_path / "suite" / "001" / "client_0_data.csv")], 2.5)]


def test_a_short_trial_is_not_looked_at(tmp_path: Path) -> None:
    def sample_rows(*_: object) -> list[bytes]:
        raise AssertionError

    outcome = _under_a_bound(tmp_path, 0.1, seconds=1, sample_rows=sample_rows)
    assert (outcome.status, outcome.notes) == (Status.FINISHED, [])


@pytest.mark.ray
def test_a_client_that_is_gone_when_its_rows_are_looked_at_has_its_machine_blamed(tmp_path: Path) -> None:
    """Its machine, and no other: a machine that does not exist cannot be quarantined."""
    outcome = _under_a_bound(tmp_path, 0.1, sample_rows=actor_gone, wait_exit=actor_gone)
    assert (outcome.status, list(outcome.blamed)) == (Status.LOST, ["a"])


@pytest.mark.ray
def test_rows_that_cannot_be_looked_at_are_a_note(tmp_path: Path) -> None:
    over = threading.Event()

    def sample_rows(*_: object) -> Exception:
        looking = threading.current_thread()

        def wait() -> None:
            looking.join()
            over.set()

        threading.Thread(target=wait).start()
        return actor_gone()

    outcome = _under_a_bound(tmp_path, 0.1, sample_rows=sample_rows, wait_exit=clients_run_until(over))
    assert outcome.status is not Status.LOST
    assert outcome.notes[0].startswith(
        "instrument early-stop: its Python method during() failed with Lost: fpray's own process for"
        " client on a (a Ray actor) does not answer: "
    )
