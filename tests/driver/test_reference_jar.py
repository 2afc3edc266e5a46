"""Trials of the reference jar have no doubt by Little's law, though its clients need a time of their own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from fpray.recorder.schema import nanoseconds
from tests.conftest import OVERLAPPING, run
from tests.support.suites import only_suite, outcome

REAL_JAR = Path(__file__).parents[1] / "data" / "real_jar"
DURATION_S = 2.0  # that of OVERLAPPING
WARM = ("--set", "warmup_duration=1s", *OVERLAPPING[2:])
# What fpray says where the machine, and not the system, is the reason.
DISTURBED = re.compile(r"^machine |^the wall clock of|their machines are too busy")
# A client that does nothing for so long does not run: its own time for a request is a tenth of a millisecond at most.
SILENCE_NS = 2_500_000
STARVED = 0.05  # of the time of a client's loops; 0.02 on an idle machine


def _starved(rows: pa.Table) -> bool:
    """Whether the loops of a client lost much of their time while the client did not run, by the rows alone."""
    return any(_lost(rows.filter(pc.equal(rows["client"], client))) > STARVED for client in rows["client"].unique())


def _lost(rows: pa.Table) -> float:
    """The share of its loops' time in which one client neither began nor ended a request, and none was under way."""
    starts, stops = nanoseconds(rows["start"]), nanoseconds(rows["stop"])
    end = max(int(stops.max()), int(starts.min() + DURATION_S * 1e9))
    at = np.concatenate((stops, starts, [end]))
    order = np.argsort(at, kind="stable")
    under_way = np.cumsum(np.where(order < len(stops), -1, 1))[:-1]
    loops, gaps = int(under_way.max()), np.diff(at[order])
    idle = np.where(gaps > SILENCE_NS, gaps * (loops - under_way), 0)
    return float(idle.sum() / (loops * gaps.sum()))


def _is_disturbed(end: dict[str, Any], trial: Path) -> bool:
    said = [*end["doubts"], end["detail"]]
    recorder = trial / "recorder.parquet"
    return any(map(DISTURBED.search, said)) or (recorder.exists() and _starved(pq.read_table(recorder)))


@pytest.mark.parametrize(
    ("name", "starved"),
    [
        ("unreplicated_quiet_1_loop", False),
        ("unreplicated_quiet_3_processes", False),
        ("unreplicated_starved", True),
    ],
)
def test_only_a_starved_clients_rows_are_left_out(name: str, starved: bool) -> None:
    """What the next test leaves out; healthy clients of the real jar stay in."""
    assert _starved(pq.read_table(REAL_JAR / f"{name}.parquet")) is starved


def test_the_reference_jars_clients_are_not_doubted(ray_address: str, tmp_path: Path) -> None:
    """K2: one loop and several, in one process and in two. A trial that the machine disturbed shows nothing."""
    grid = ("--vary", "num_client_procs=1,2", "--vary", "num_clients_per_proc=1,5", "--keep-going")
    done = run("sweep", "unreplicated", *WARM, *grid, "--address", ray_address, cwd=tmp_path)
    trials = sorted(path.parent for path in only_suite(tmp_path).glob("0*/outcome.json"))
    assert len(trials) == 4, done.err
    ends = {trial: outcome(trial.parent, trial.name) for trial in trials}
    calm = {trial.name: end for trial, end in ends.items() if not _is_disturbed(end, trial)}
    assert {number: (end["status"], end["doubts"]) for number, end in calm.items()} == dict.fromkeys(
        calm, ("finished", [])
    ), done.err
    if not calm:
        pytest.skip("the machine disturbed each of the four trials")
