"""Samples of machines in an archive: they stay without the rows of clients, and name no home directory."""

from __future__ import annotations

from pathlib import Path

import pytest

import fpray
from fpray.files.layout import MACHINES
from fpray.node.sampling.rows import Samples
from fpray.samples.table import write_table
from fpray_analysis.handover.archive import archive
from tests.analysis.handover.archives import HOME, unpack

pytestmark = pytest.mark.heavy


def test_samples_are_handed_on_without_rows(suite: Path, tmp_path: Path) -> None:
    samples = Samples()
    samples.add({"time": 1, "seconds": 1.0, "label": "server", "thread": f"in {HOME}/x", "cpu": 0.5})
    write_table(suite / "001" / MACHINES, [("server", "10.0.0.9", samples)])
    top = unpack(archive(suite, output=tmp_path / "a.tar.zst", rows=False, home=Path(HOME)).path, tmp_path / "there")
    (row,) = fpray.load(top).machines().to_table(["host", "thread", "cpu", "gc"]).to_pylist()
    assert row == {"host": "10.0.0.9", "thread": "in ~/x", "cpu": 0.5, "gc": None}
