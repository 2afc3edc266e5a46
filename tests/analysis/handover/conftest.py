"""A suite, and its archive."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fpray_analysis.handover.archive import archive
from tests.analysis.handover.archives import HOME

RECORDED = Path(__file__).parents[2] / "recorded" / "suites"


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (original,) = (RECORDED / "pilot_and_rerun").iterdir()
    return Path(shutil.copytree(original, tmp_path / original.name))


@pytest.fixture
def file(suite: Path, tmp_path: Path) -> Path:
    return archive(suite, output=tmp_path / "a.tar.zst", home=Path(HOME)).path
