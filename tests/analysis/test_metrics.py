"""The metrics of monitored trials as `fpray.load` gives them, and as text from which Prometheus is filled again."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import fpray
from fpray.files.suite_file import Damaged
from fpray.metrics.openmetrics import Extent, write_openmetrics
from fpray.metrics.table import MetricsTable
from fpray.testing.fake_machines import FakeMachines
from tests.support.sweeps import finished, run_on

pytestmark = pytest.mark.heavy

MS = 1_000_000
SERIES = {"__name__": "x_total", "role": "server", "label": "server_0", "instance": "h:1", "job": "x_server"}


def _suite(directory: Path, *monitored: str) -> Path:
    suite = run_on(FakeMachines(), finished, directory, loops=2).suite
    for number in monitored:
        table = MetricsTable()
        table.add({**SERIES, "type": 'a "b"'}, [5 * MS, 6 * MS, 7 * MS], [1.0, float("nan"), 3.0])
        table.add({**SERIES, "suite": "gone", "trial": "gone"}, [8 * MS], [float("inf")])
        table.write(suite / number / "metrics.parquet")
    return suite


def test_metrics_have_their_trial_and_what_varies(tmp_path: Path) -> None:
    suite = _suite(tmp_path, "001", "002")
    rows = fpray.load(suite).metrics().to_table(filter=pc.field("trial") == "002").to_pylist()
    assert [(row["value"], row["labels"]) for row in rows] == [
        (1.0, 'job="x_server",type="a \\"b\\""'),
        (3.0, 'job="x_server",type="a \\"b\\""'),
        (float("inf"), 'job="x_server"'),
    ]
    assert {
        (row["metric"], row["role"], row["label"], row["instance"], row["num_clients_per_proc"]) for row in rows
    } == {("x_total", "server", "server_0", "h:1", 1)}


def test_only_trials_that_were_monitored_have_metrics(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(FileNotFoundError, match="no trial has metrics: run trials with -m"):
        fpray.load(_suite(tmp_path / "none")).metrics()
    (tmp_path / "one").mkdir()
    rows = fpray.load(_suite(tmp_path / "one", "001")).metrics().to_table()
    assert rows["trial"].unique().to_pylist() == ["001"]


def test_metrics_that_are_damaged_are_refused(tmp_path: Path) -> None:
    suite = _suite(tmp_path, "001")
    file = suite / "001" / "metrics.parquet"
    pq.write_table(pa.table({"a": [1]}), file)
    for read in (fpray.load(suite).metrics, lambda: write_openmetrics(io.StringIO(), [("s", "001", file)])):
        with pytest.raises(Damaged, match="its columns are not those of metrics"):
            read()
    file.write_bytes(b"PAR1")
    with pytest.raises(Damaged, match="is damaged"):
        write_openmetrics(io.StringIO(), [("s", "001", file)])


def test_the_text_has_a_sample_for_each_millisecond(tmp_path: Path) -> None:
    table = MetricsTable()
    table.add({**SERIES, "type": "a\nb"}, [1_000 * MS, 1_000 * MS + 1, 2_345 * MS], [1.0, 2.0, float("inf")])
    table.add({"__name__": "up"}, [3 * MS], [1.0])
    table.write(tmp_path / "metrics.parquet")
    text = io.StringIO()
    extent = write_openmetrics(text, [('s"1', "001", tmp_path / "metrics.parquet")])
    name = (
        'x_total{instance="h:1",label="server_0",role="server",suite="s\\"1",trial="001",job="x_server",type="a\\nb"}'
    )
    assert text.getvalue().splitlines() == [
        f"{name} 1.0 1.000",
        f"{name} +Inf 2.345",
        'up{suite="s\\"1",trial="001"} 1.0 0.003',
        "# EOF",
    ]
    assert extent == Extent(samples=3, first_ms=3, last_ms=2345)
