"""A client's own time for each request is no reason for a doubt; a loop that stands still is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from fpray.evidence.checks import littles_law
from fpray.evidence.evidence import Evidence
from fpray.recorder.csv_reader import Reading
from fpray.recorder.summary import Summary, summarize
from tests.evidence.made_clients import Made, healthy, standing_still
from tests.support.recorder_file import write_recorder

REAL_JAR = Path(__file__).parents[1] / "data" / "real_jar"
ROWS = 12_000


def _doubts(summary: Summary, loops: int, duration_s: float) -> list[str]:
    evidence = Evidence(
        loops=loops, requests=summary.requests, unrecorded=summary.unrecorded, window_ns=summary.window_ns,
        duration_s=duration_s, littles_law=summary.measured["measured.littles_law"], own_s=summary.own_s or 0.0,
    )  # fmt: skip
    return [doubt.sentence for doubt in littles_law(evidence)]


def _summary(directory: Path, clients: list[Reading], loops: int, duration_s: float) -> Summary:
    write_recorder(clients, directory / "recorder.parquet")
    return summarize(directory / "recorder.parquet", outputs={"write": ""}, closed_loops=loops, duration_s=duration_s)


def _seconds(client: Made) -> float:
    return min(2.0, ROWS * (client.latency_us + client.own_us) / 1e6 / client.loops)


@pytest.mark.heavy
@pytest.mark.parametrize("client", healthy(), ids=str)
def test_a_healthy_clients_own_time_raises_no_doubt(client: Made, tmp_path: Path) -> None:
    """K2: 5 to 100 us for each request, one loop or many, one thread or many."""
    seconds = _seconds(client)
    summary = _summary(tmp_path, [client.reading("client_0", seconds)], client.loops, seconds)
    assert _doubts(summary, client.loops, seconds) == [], (summary.own_s, summary.measured)


@pytest.mark.parametrize("client", standing_still(), ids=str)
def test_loops_that_stand_still_are_doubted_whatever_the_clients_own_time(client: Made, tmp_path: Path) -> None:
    """K2: the own time is that of loops that run; it does not hide those that do not."""
    seconds = _seconds(client)
    summary = _summary(tmp_path, [client.reading("client_0", seconds)], client.loops, seconds)
    (doubt,) = _doubts(summary, client.loops, seconds)
    assert "Some loops did not run all the time" in doubt
    # Loops that never ran at all: their rows are as those of a healthy client with fewer loops.
    fewer = replace(client, loops=client.loops // 2, ending=0)
    absent = _summary(tmp_path, [fewer.reading("client_0", seconds)], client.loops, seconds)
    assert len(_doubts(absent, client.loops, seconds)) == 1, (absent.own_s, absent.measured)


def test_several_clients(tmp_path: Path) -> None:
    """K2: each has its own time; where one has none of its loops running, there is a doubt."""
    models = [Made(2, 60, 25, "exponential", one_thread=True), Made(2, 30, 20)]
    clients = [one.reading(f"client_{i}", 0.5, seed=i) for i, one in enumerate(models)]
    summary = _summary(tmp_path, clients, 4, 0.5)
    law = summary.measured["measured.littles_law"]
    assert law is not None
    assert law < 0.8
    assert _doubts(summary, 4, 0.5) == []
    assert len(_doubts(_summary(tmp_path, clients, 6, 0.5), 6, 0.5)) == 1


def test_a_pause_of_all_clients_is_no_own_time(tmp_path: Path) -> None:
    """K2: a client that is not scheduled for a third of the time is starved, not slow."""
    reading = Made(2, 100, 20).reading("client_0", 1.0)
    table = reading.table.to_pandas()
    begin = table["start"].min()
    late = (table["start"] - begin).dt.total_seconds() > 0.4
    import pandas as pd

    for column in ("start", "stop"):
        table.loc[late, column] += pd.Timedelta(seconds=0.5)
    moved = type(reading)("client_0", type(reading.table).from_pandas(table, schema=reading.table.schema))
    summary = _summary(tmp_path, [moved], 2, 1.5)
    assert len(_doubts(summary, 2, 1.5)) == 1


LOOPS: Mapping[str, tuple[int, dict[str | None, str], float]] = {  # closed loops, outputs, duration
    "unreplicated_quiet_1_loop": (2, {"write": ""}, 2.0),
    "unreplicated_quiet_3_processes": (6, {"write": ""}, 2.0),
    "epaxos": (2, {None: ""}, 2.0),
    "fasterpaxos": (5, {"write": ""}, 2.0),
    "fastmultipaxos": (2, {None: ""}, 2.0),
    "unreplicated_starved": (6, {"write": ""}, 2.0),
}


@pytest.mark.parametrize("name", LOOPS)
def test_rows_of_the_real_jar(name: str) -> None:
    """K2: its healthy trials have no doubt, the starved one has one."""
    loops, outputs, duration_s = LOOPS[name]
    summary = summarize(
        REAL_JAR / f"{name}.parquet", outputs=outputs, closed_loops=loops, duration_s=duration_s,
        warmup_s=2.0 if name == "epaxos" else 0.0,
    )  # fmt: skip
    doubts = _doubts(summary, loops, duration_s)
    assert len(doubts) == (1 if name == "unreplicated_starved" else 0), (doubts, summary.own_s, summary.measured)
