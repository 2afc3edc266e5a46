"""Trials of the reference jar have no doubt by Little's law, unless the machine starves their clients."""

from __future__ import annotations

from pathlib import Path

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
# A client on an idle machine begins or ends a request after 15 ms at most. If one is silent for longer, the client or
# its server did not run: then a request across an edge of the measured time moves the figure, by less than this share.
SILENCE_NS, STARVED = 20_000_000, 0.05
APART = "their machines are too busy"  # what fpray says of clients that measured together for too short a time


def _starved(rows: pa.Table, window_s: float) -> bool:
    """Whether a client was silent for much of the measured time, by the rows alone."""
    clients = [rows.filter(pc.equal(rows["client"], client)) for client in rows["client"].unique()]
    return any(_silence_s(client) > STARVED * window_s for client in clients)


def _silence_s(rows: pa.Table) -> float:
    """How long one client neither began nor ended a request, but for short times."""
    begins = nanoseconds(rows["start"])
    end = int(begins.min() + DURATION_S * 1e9)
    gaps = np.diff(np.sort(np.concatenate((begins, nanoseconds(rows["stop"]), [end]))))
    return float(gaps[gaps > SILENCE_NS].sum() / 1e9)


def _is_disturbed(trial: Path) -> bool:
    end, recorder = outcome(trial.parent, trial.name), trial / "recorder.parquet"
    if not recorder.exists():
        return False  # this is no matter of time
    window_s = end["results"].get("measured.window_s") or DURATION_S
    return APART in str((end["doubts"], end["detail"])) or _starved(pq.read_table(recorder), window_s)


@pytest.mark.parametrize(
    ("name", "starved"),
    [
        ("unreplicated_quiet_1_loop", False),
        ("unreplicated_quiet_3_processes", False),
        ("unreplicated_starved", True),
    ],
)
def test_only_a_starved_clients_rows_are_left_out(name: str, starved: bool) -> None:
    """What the next test leaves out, with rows of clients that measured for the same time."""
    assert _starved(pq.read_table(REAL_JAR / f"{name}.parquet"), DURATION_S) is starved


@pytest.mark.slow
def test_the_reference_jars_clients_are_not_doubted(ray_address: str, tmp_path: Path) -> None:
    """K2: one loop and several, in one process and in two; also on a busy machine, which is another doubt."""
    grid = ("--vary", "num_client_procs=1,2", "--vary", "num_clients_per_proc=1,5", "--keep-going")
    done = run("sweep", "unreplicated", *WARM, *grid, "--address", ray_address, cwd=tmp_path)
    trials = sorted(path.parent for path in only_suite(tmp_path).glob("0*/outcome.json"))
    assert len(trials) == 4, done.err
    calm = [outcome(trial.parent, trial.name) for trial in trials if not _is_disturbed(trial)]
    assert [end["status"] for end in calm] == ["finished"] * len(calm), done.err
    laws = [(end["results"]["measured.littles_law"], end["doubts"]) for end in calm]
    assert "Little" not in str(laws), laws
    if not calm:
        pytest.skip("clients were starved in each of the four trials: they show nothing")
