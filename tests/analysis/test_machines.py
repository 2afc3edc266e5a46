"""`fpray.load(...).machines()`: the samples of all trials as one dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest

import fpray
from fpray.files.layout import MACHINES
from fpray.node.sampling.rows import Samples
from fpray.plan.plan import Trial
from fpray.samples.table import write_table
from fpray.store.outcome import Outcome
from fpray.testing.fake_machines import FakeMachines
from tests.support.sweeps import finished, run_on

pytestmark = pytest.mark.heavy

RECORDED = Path(__file__).parents[1] / "recorded" / "suites"


def _play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
    return replace(finished(trial, hosts), results={"measured.throughput": 100.0})


def _suite(directory: Path) -> Path:
    """Three trials, two of which have samples."""
    directory.mkdir()
    suite = run_on(FakeMachines(), _play, directory, loops=3).suite
    for number in (1, 3):
        samples = Samples()
        samples.add({"time": number, "seconds": 1.0, "cpu": 0.5, "cores": 2})
        samples.add({"time": number, "seconds": 1.0, "cpu": 0.25 * number, "label": "server", "thread": "loop"})
        write_table(suite / f"00{number}" / MACHINES, [("server", "a", samples)])
    return suite


def test_samples_of_all_trials_are_one_dataset(tmp_path: Path) -> None:
    suite = _suite(tmp_path / "a")
    results = fpray.load(suite)
    dataset = results.machines()
    assert dataset.count_rows() == 4
    (varied,) = results.varied
    rows = dataset.to_table(
        ["trial", varied, "role", "thread", "cpu"], filter=pc.field("label") == "server"
    ).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        ("001", 0, "server", "loop", 0.25),
        ("003", 2, "server", "loop", 0.75),
    ]
    of_third = pc.field("trial") == "003"
    assert len(list(dataset.get_fragments(filter=of_third))) == 1, "no other file is read"
    several = fpray.load([suite, _suite(tmp_path / "b")]).machines()
    assert len(set(several.to_table(["suite"])["suite"].to_pylist())) == 2


def test_a_suite_without_samples_says_so() -> None:
    (path,) = (RECORDED / "pilot_and_rerun").iterdir()
    with pytest.raises(FileNotFoundError, match=r"no trial has samples of its machines .* earlier versions took none"):
        fpray.load(path).machines()


def test_damaged_samples_are_named(tmp_path: Path) -> None:
    suite = _suite(tmp_path / "a")
    (suite / "003" / MACHINES).write_bytes(b"PAR1")
    with pytest.raises(fpray.Refused, match=r"003/machines.parquet is damaged"):
        fpray.load(suite).machines()
    (original,) = (RECORDED / "pilot_and_rerun").iterdir()
    (suite / "003" / MACHINES).write_bytes((original / "001" / "recorder.parquet").read_bytes())
    with pytest.raises(fpray.Refused, match="its columns are not those of samples of machines"):
        fpray.load(suite).machines()
