"""Rows with extreme or impossible values: what they cost, and what is said of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fpray.recorder.csv_reader import ClientFile, read_client
from fpray.recorder.summary import Summary, summarize
from fpray.recorder.sums import exact_product_sum, exact_sum
from tests.recorder.clients import client, summed_up
from tests.support.recorder_file import write_recorder

HEADER = "start,stop,count,latency_nanos,label\n"


def _row(at: int, count: object = 1, latency: object = 1_000_000, label: str = "write") -> str:
    seconds, milliseconds = divmod(at, 1000)
    start = f"2026-11-22T04:{seconds // 60:02}:{seconds % 60:02}.{milliseconds:03}Z"
    return f"{start},2026-11-22T04:59:00Z,{count},{latency},{label}\n"


def _summary(directory: Path, *lines: str) -> Summary:
    path = directory / "client_0_data.csv"
    path.write_text(HEADER + "".join(lines))
    write_recorder([ClientFile(path, "client_0")], directory / "recorder.parquet")
    return summarize(directory / "recorder.parquet", outputs={"write": ""})


@pytest.mark.parametrize("count", ["1000000000", "10000000000", "999999999999999999", "0", "-1", "-999999999999999999"])
def test_a_row_with_an_impossible_count_is_left_out_and_said(count: str, tmp_path: Path) -> None:
    """I2: one row with a huge or negative count changes no number, and is named with its line."""
    good = [_row(at) for at in range(0, 3000, 10)]
    expected = _summary(tmp_path, *good)
    result = _summary(tmp_path, *good[:100], _row(1005, count), *good[100:])
    assert (result.columns, result.measured) == (expected.columns, expected.measured)
    (note,) = set(result.notes) - set(expected.notes)
    assert "1 rows have impossible values and are left out (a count below 1 or above 999,999,999" in note
    assert "line 102: '2026-11-22T04:00:01.005Z" in note


@pytest.mark.parametrize("latency", ["-1", "-999999999999999999", "999999999999999999", "8640000000000001"])
def test_a_row_with_an_impossible_latency_is_left_out_and_said(latency: str, tmp_path: Path) -> None:
    """I2: no sum wraps; a mean latency of -4.6 million s is no number."""
    good = [_row(at) for at in range(0, 3000, 10)]
    result = _summary(tmp_path, *good, *[_row(2999, 1, latency)] * 20)
    assert result.columns["latency.mean_ms"] == 1.0
    assert any("20 rows have impossible values" in note for note in result.notes)


def test_large_possible_values_are_summed_exactly(tmp_path: Path) -> None:
    """I2: the largest possible count and latency, many times: far beyond 64 bits."""
    most = _row(0, 999_999_999, 8_640_000_000_000_000)
    result = _summary(tmp_path, *[most] * 5000, _row(2000))
    assert result.columns["latency.max_ms"] == 8.64e9
    assert result.columns["latency.mean_ms"] == (5000 * 8_640_000_000_000_000 + 1_000_000) / 5001 / 1e6
    assert result.clients[0].requests == 5000 * 999_999_999 + 1


def test_sums_are_exact() -> None:
    """I2: whatever the integers are."""
    rng = np.random.default_rng(0)
    for low, high in ((-5, 5), (0, 2**62), (-(2**63), 2**63 - 1), (2**63 - 2, 2**63 - 1), (-(2**63), -(2**63) + 1)):
        first, second = rng.integers(low, high, 1000, endpoint=True), rng.integers(low, high, 1000, endpoint=True)
        assert exact_sum(first) == sum(first.tolist())
        assert exact_product_sum(first, second) == sum(
            a * b for a, b in zip(first.tolist(), second.tolist(), strict=True)
        )
    assert exact_sum(np.zeros(0, np.int64)) == exact_product_sum(np.zeros(0, np.int64), np.zeros(0, np.int64)) == 0


def test_quantiles_of_integers_of_any_size_are_exact(tmp_path: Path) -> None:
    """I2: bins that hold many different integers are divided again and again."""
    rng = np.random.default_rng(1)
    for base, spread in (
        (0, 3),
        (0, 5000),
        (10**8, 10**4),
        (10**12, 10**9),
        (10**15, 10**12),
        (2**62, 2**50),
        (2**53, 5),
    ):
        latencies = [base + int(n) for n in rng.integers(0, spread, 501)]
        result = summed_up(
            tmp_path,
            [client("a", [{"start": i, "stop": i + 1, "latency": n} for i, n in enumerate(latencies)])],
            {None: ""},
        )
        ordered = sorted(latencies)
        assert result.columns["latency.median_ms"] == float(ordered[250]) / 1e6
        assert result.columns["latency.p90_ms"] == float(ordered[450]) / 1e6


def test_many_labels_and_lines_without_end_are_bounded(tmp_path: Path) -> None:
    """I2: each label costs memory, and so does a line that does not end."""
    rows = [_row(i, label=f"label {i}") for i in range(300)]
    path = tmp_path / "a.csv"
    path.write_text(HEADER + "".join(rows) + "x" * 100_000)
    reading = read_client(path, "a")
    assert reading.table.num_rows == 64
    assert "more than 64 different labels: the 236 rows with further labels are left out. " in reading.notes[1]
    assert "1 lines cannot be read as rows and are left out, such as line 302: 'xxxx" in reading.notes[0]


ROWS = 300_000
_SHAPES: dict[str, Callable[[np.random.Generator], tuple[Any, Any, int]]] = {
    "ordinary": lambda rng: (1, rng.lognormal(13, 0.6, ROWS).astype(np.int64), 2500),
    "small counts": lambda rng: (rng.integers(1, 9, ROWS), 10**6, 2500),
    "counts": lambda rng: (rng.integers(1, 10**9, ROWS), 10**6, 2500),
    "impossible counts": lambda rng: (rng.integers(-(10**17), 10**17, ROWS), 10**6, 2500),
    "latencies": lambda rng: (1, rng.integers(0, 8 * 10**15, ROWS), 2500),
    "crowded latencies": lambda rng: (1, 10**15 + rng.integers(0, 10**9, ROWS), 2500),
    "one odd start in each block": lambda rng: (1, 10**6, -2500),
}
_MEASURE = """
import sys
from fpray.recorder import csv_blocks
from fpray.recorder.csv_reader import ClientFile
from fpray.recorder.parquet_writer import RecorderWriter
from fpray.recorder.summary import summarize

with RecorderWriter(sys.argv[2]) as writer:
    writer.add(ClientFile(sys.argv[1], "a"))
summarize(sys.argv[2], outputs={"write": ""}, closed_loops=4, duration_s=1)
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""


def _write(path: Path, shape: str) -> None:
    counts, latencies, step = _SHAPES[shape](np.random.default_rng(0))
    counts, latencies = np.broadcast_to(counts, ROWS).tolist(), np.broadcast_to(latencies, ROWS).tolist()
    with path.open("w") as file:
        file.write(HEADER)
        for i in range(ROWS):
            at = i * abs(step)
            day = "1970-01-01" if step < 0 and i % 1000 == 0 else "2026-11-22"
            start = f"{day}T04:00:{at // 10**9:02}.{at % 10**9:09}Z"
            file.write(f"{start},2026-11-22T04:00:01.000Z,{counts[i]},{latencies[i]},write\n")


@pytest.mark.slow
def test_extreme_rows_cost_no_more_memory_than_others(tmp_path: Path) -> None:
    """I2: peak memory of a process that reads and summarizes a file, by what is in the rows."""
    peaks = {}
    for shape in _SHAPES:
        _write(tmp_path / "a.csv", shape)
        command = [sys.executable, "-c", _MEASURE, str(tmp_path / "a.csv"), str(tmp_path / "a.parquet")]
        peaks[shape] = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout) / 1024
    print(json.dumps(peaks))
    # Another parser reads what is unusual, small counts as well: it takes its own memory, for a few blocks at a time.
    # How many it holds at its peak is a matter of threads.
    assert peaks["small counts"] < peaks["ordinary"] + 120, peaks
    assert max(peaks.values()) < max(peaks["ordinary"], peaks["small counts"]) + 60, peaks
