"""What real processes and this machine did while clients measured, as a sweep leaves it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import fpray
from fpray.files.layout import MACHINES
from tests.conftest import QUICK, run
from tests.support.suites import only_suite

pytestmark = [pytest.mark.jvm, pytest.mark.ray]


def test_a_sweep_has_samples_of_its_processes_and_its_machine(ray_address: str, tmp_path: Path) -> None:
    words = [*QUICK[:4], "--set", "duration=5s", "--set", "timeout=60s", "--vary", "num_clients_per_proc=1,2"]
    done = run("sweep", "unreplicated", *words, "--address", ray_address, "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    samples = fpray.load(only_suite(tmp_path)).machines()
    rows: list[dict[str, Any]] = samples.to_table().to_pylist()
    places = {(row["trial"], row["num_clients_per_proc"], row["role"], row["label"]) for row in rows}
    kinds = [(None, None), ("server", "server"), ("client", "client_0")]
    assert places == {(trial, loops, *one) for trial, loops in (("001", 1), ("002", 2)) for one in kinds}
    assert len({row["host"] for row in rows}) == 1
    for row in rows:
        assert row["seconds"] > 0
        if row["label"] is None:
            assert row["cores"] >= 1
            assert row["runnable"] >= 0
        else:
            assert row["gc"] is not None, "a JVM says how long it stood still"
            assert row["thread"] is None or 0 <= row["thread_busy"] <= 1
    of_server = [row for row in rows if row["label"] == "server"]
    assert max(row["threads"] for row in of_server) > 5, "a JVM has many"
    assert max(row["memory"] or 0 for row in of_server) > 10**7
    assert sum(row["cpu"] for row in of_server) > 0
    of_first = samples.to_table(["cpu"], filter=pc.field("trial") == "001").num_rows
    assert 0 < of_first < len(rows)
    assert pq.read_table(only_suite(tmp_path) / "001" / MACHINES).num_rows == of_first


def test_without_samples_there_are_none(ray_address: str, tmp_path: Path) -> None:
    words = [*QUICK, "--vary", "num_clients_per_proc=1", "--no-samples"]
    done = run("sweep", "unreplicated", *words, "--address", ray_address, "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert not list(only_suite(tmp_path).rglob(MACHINES))
    with pytest.raises(FileNotFoundError, match="no trial has samples of its machines"):
        fpray.load(only_suite(tmp_path)).machines()
