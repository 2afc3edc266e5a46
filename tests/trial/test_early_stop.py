"""When a trial is given up for a bound: only for what the rest of it could not make good."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from fpray.node.process_files import pieces
from fpray.trial.early_stop import FEWEST_ROWS, LatencyBound, why_hopeless

T = "2026-11-22T10:00:00Z"


def _rows(latencies_ms: list[float], label: str | None = "write") -> bytes:
    if label is None:
        return "".join(f"{T},{T},{round(ms * 1e6)},127.0.0.1,4000\n" for ms in latencies_ms).encode()
    return "".join(f"{T},{T},1,{round(ms * 1e6)},{label}\n" for ms in latencies_ms).encode()


def _mixed(rows: int, over: float, high: float) -> list[float]:
    chance = random.Random(1)
    return [high if chance.random() < over else 0.5 for _ in range(rows)]


@pytest.mark.parametrize(
    ("statistic", "over", "high", "hopeless"),
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
def test_given_up(statistic: str, over: float, high: float, hopeless: bool, label: str | None) -> None:
    said = why_hopeless([LatencyBound(label, statistic, 1.0)], [_rows(_mixed(2000, over, high), label)])
    assert (said is not None) is hopeless, said
    if said:
        assert said.startswith(f"after half of the duration the {statistic} of {label or 'all'} requests is")


def test_few_rows_other_labels_and_rubbish_say_nothing() -> None:
    cap = LatencyBound("write", "p99", 1.0)
    assert why_hopeless([cap], [_rows([50.0] * (FEWEST_ROWS - 10))]) is None
    assert why_hopeless([cap], [_rows([50.0] * 5000, "read"), _rows([0.5] * 5000)]) is None
    assert why_hopeless([cap], [b"\x00\xff,,,,\n" * 5000, b""]) is None
    assert why_hopeless([], [_rows([50.0] * 5000)]) is None


def test_a_hiccup_at_the_end_is_no_reason(tmp_path: Path) -> None:
    """What is looked at is spread over the file: the last rows of a stall are a small part of it."""
    file = tmp_path / "client_0_data.csv"
    file.write_bytes(_rows([0.5] * 60_000 + [100.0] * 1_000))
    taken = pieces(file)
    assert sum(map(len, taken)) <= 1 << 16
    assert why_hopeless([LatencyBound("write", "p99", 1.0)], taken) is None
    file.write_bytes(_rows([0.5] * 30_000 + [100.0] * 30_000))
    assert why_hopeless([LatencyBound("write", "p99", 1.0)], pieces(file)) is not None
    assert pieces(tmp_path / "none") == []
