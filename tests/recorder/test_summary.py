"""What a summary claims of a trial's clients, and where it claims nothing and says why."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from fpray.recorder.csv_reader import Reading
from fpray.recorder.schema import SCHEMA
from tests.recorder.clients import BASE, S, client, closed_loop, summed_up


def test_littles_law_is_one_for_busy_loops(tmp_path: Path) -> None:
    clients = [closed_loop("a", 0, 4 * S), closed_loop("b", S // 2, 4 * S + S // 2, loops=5)]
    result = summed_up(tmp_path, clients, {"write": ""}, closed_loops=8, duration_s=4)
    assert result.window_ns == (BASE + S // 2, BASE + 4 * S)
    assert result.measured["measured.window_s"] == 3.5
    assert result.measured["measured.littles_law"] == pytest.approx(1, abs=0.01)
    assert result.measured["measured.throughput"] == pytest.approx(800, rel=0.01)
    assert result.notes == ()


def test_silence_at_the_end_counts_against_throughput(tmp_path: Path) -> None:
    """The servers died half way: the window is the planned one, and a note says what happened."""
    result = summed_up(tmp_path, [closed_loop("a", 0, 2 * S)], {"write": ""}, closed_loops=3, duration_s=4)
    assert result.measured["measured.throughput"] == pytest.approx(150, rel=0.01)
    assert result.measured["measured.littles_law"] == pytest.approx(0.5, rel=0.02)
    assert any("a received no answer from the servers in the last 2.010 s of its" in n for n in result.notes)
    without = summed_up(tmp_path, [closed_loop("a", 0, 2 * S)], {"write": ""})
    assert without.measured["measured.throughput"] == pytest.approx(300, rel=0.02)


def test_clients_that_did_not_overlap(tmp_path: Path) -> None:
    clients = [closed_loop("a", 0, S), closed_loop("b", 3 * S, 4 * S)]
    result = summed_up(tmp_path, clients, {"write": ""}, closed_loops=6, duration_s=1)
    assert result.window_ns is None
    assert set(result.measured.values()) == {None}
    assert result.requests == 0
    assert any("one began 2.000 s after another had ended" in n for n in result.notes)
    assert result.columns["latency.mean_ms"] == pytest.approx(10)


def test_nothing_recorded(tmp_path: Path) -> None:
    empty = Reading("a", SCHEMA.empty_table(), ("a.csv: the file is empty (0 bytes): nothing was recorded.",))
    either: list[dict[str | None, str]] = [{"write": "write_output.", "read": "read_output."}, {None: ""}]
    for outputs in either:
        result = summed_up(tmp_path, [empty], outputs, closed_loops=3, duration_s=4)
        assert set(result.columns.values()) == {-1.0}
        assert len(result.columns) == 14 * len(outputs)
        assert set(result.measured.values()) == {None}
        assert result.clients[0].rows == 0
        assert result.notes[0] == empty.notes[0]


def test_a_silent_client_is_not_a_missing_one(tmp_path: Path) -> None:
    busy = closed_loop("a", 0, 4 * S)
    silent = Reading("b", SCHEMA.empty_table())
    result = summed_up(tmp_path, [busy, silent], {"write": ""}, closed_loops=6, duration_s=4)
    assert result.measured["measured.littles_law"] == pytest.approx(0.5, abs=0.01)
    assert any(n.startswith("b measured nothing") for n in result.notes)
    missing = Reading("b", SCHEMA.empty_table(), error="b.csv: cannot be read: No such file or directory.")
    result = summed_up(tmp_path, [busy, missing], {"write": ""}, closed_loops=6, duration_s=4)
    assert {k: v for k, v in result.measured.items() if v is not None} == {"measured.window_s": 4.0}
    assert any(
        "The measured throughput and latency need the rows of all clients, so they are unknown" in n
        for n in result.notes
    )
    assert result.columns["latency.mean_ms"] == pytest.approx(10)


def test_groups_have_no_quantiles(tmp_path: Path) -> None:
    grouped = closed_loop("a", 0, 4 * S, count=5)
    for size in (5, 1, None):
        result = summed_up(tmp_path, [grouped], {"write": ""}, group_size=size, closed_loops=15, duration_s=4)
        assert result.measured["measured.latency.mean_ms"] == pytest.approx(10)
        assert result.measured["measured.latency.p99_ms"] is None
        assert result.measured["measured.latency.max_ms"] is None
        assert result.unrecorded == 4
        assert result.largest_count == 5


def test_short_windows_do_not_decide_littles_law(tmp_path: Path) -> None:
    slow = closed_loop("a", 0, S, latency=S // 4)
    result = summed_up(tmp_path, [slow], {"write": ""}, closed_loops=3, duration_s=1)
    assert result.measured["measured.littles_law"] is None
    assert any("was too short to check, by Little's law, that the clients were never idle" in n for n in result.notes)
    assert summed_up(tmp_path, [slow], {"write": ""}, duration_s=1).measured["measured.littles_law"] is None


def test_recorded_warm_up_is_no_measurement(tmp_path: Path) -> None:
    warm, measuring = closed_loop("a", 0, 2 * S), closed_loop("a", 3 * S, 7 * S, latency=20_000_000)
    both = Reading("a", pa.concat_tables([warm.table, measuring.table]))
    result = summed_up(tmp_path, [both], {"write": ""}, closed_loops=3, duration_s=4, warmup_s=2.5)
    assert result.window_ns == (BASE + 3 * S, BASE + 7 * S)
    assert result.measured["measured.latency.max_ms"] == 20
    assert result.measured["measured.littles_law"] == pytest.approx(1, abs=0.01)
    only_warm = summed_up(tmp_path, [warm], {"write": ""}, duration_s=4, warmup_s=2.5)
    assert only_warm.window_ns is None


def test_a_clock_set_back_makes_no_negative_window(tmp_path: Path) -> None:
    rows = [{"start": 10 * S, "stop": 8 * S, "latency": 1000}, {"start": 8 * S, "stop": 9 * S}]
    result = summed_up(tmp_path, [client("a", rows)], {None: ""})
    assert result.window_ns == (BASE + 8 * S, BASE + 10 * S)
    one = summed_up(tmp_path, [client("a", rows[:1])], {None: ""})
    assert one.window_ns is None
    assert one.columns["latency.mean_ms"] == 0.001
    assert one.columns["start_throughput_1s.p90"] is None


def test_labels_that_no_output_reports_are_noted(tmp_path: Path) -> None:
    result = summed_up(tmp_path, [closed_loop("a", 0, S)], {"read": "read_output."})
    assert any("300 rows have the label 'write', for which the protocol declares no output" in n for n in result.notes)


def test_extreme_latencies_are_exact(tmp_path: Path) -> None:
    latencies = [0, 1, 2, 2**31, 2**31 + 1, 2**52 + 1, 2**61]
    rows = [{"start": i, "stop": i + 1, "latency": n} for i, n in enumerate(latencies)]
    result = summed_up(tmp_path, [client("a", rows)], {None: ""})
    assert result.columns["latency.median_ms"] == 2**31 / 1e6
    assert result.columns["latency.min_ms"] == 0
    assert result.columns["latency.max_ms"] == 2**61 / 1e6
