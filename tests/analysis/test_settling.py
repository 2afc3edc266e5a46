"""The end of a warm-up that the rows of a trial show, and where `fpray plot --kind time` draws it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.dataset as ds
import pytest

from fpray.files import layout
from fpray.recorder.schema import SCHEMA
from fpray_analysis.settling import warmup_end_ns
from tests.conftest import cli
from tests.recorder.clients import BASE, S, client
from tests.support.recorder_file import write_recorder

RECORDED = Path(__file__).parents[1] / "recorded" / "suites"


def _rows(path: Path, *settled: float, seconds: int = 20) -> Path:
    """Clients of three loops, each half as fast until it is settled."""
    clients = []
    for number, until in enumerate(settled):
        at, rows = 0, []
        while at < seconds * S:
            latency = 20_000_000 if at < until * S else 10_000_000
            rows += [{"start": at, "stop": at + latency, "label": "write"}] * 3
            at += latency
        clients.append(client(f"client_{number}", rows))
    write_recorder(clients, path)
    return path


def _end_s(path: Path) -> float | None:
    end = warmup_end_ns(ds.dataset(path, SCHEMA, format="parquet"))
    return None if end is None else (end - BASE) / S


def test_the_end_of_a_warm_up_is_found(tmp_path: Path) -> None:
    assert _end_s(_rows(tmp_path / "slow.parquet", 3.0, 3.0)) == pytest.approx(3.0, abs=0.15)
    assert _end_s(_rows(tmp_path / "steady.parquet", 0.0, 0.0)) is None


def test_a_short_trial_and_a_trial_without_rows_are_not_judged(tmp_path: Path) -> None:
    assert _end_s(_rows(tmp_path / "short.parquet", 3.0, seconds=3)) is None
    assert _end_s(_rows(tmp_path / "empty.parquet", 3.0, seconds=0)) is None


@pytest.mark.heavy
def test_it_is_a_line_in_the_figure(tmp_path: Path) -> None:
    (original,) = (RECORDED / "sweep_with_a_crash").iterdir()
    suite = tmp_path / "suite"
    shutil.copytree(original, suite)
    _rows(suite / "001" / layout.RECORDER, 3.0)
    figure = tmp_path / "figure.svg"
    done = cli("plot", str(suite), "--kind", "time", "--where", "trial=001", "-o", str(figure))
    assert done.exit_code == 0, done.output
    assert figure.read_text().count("steady from here on") == 2
