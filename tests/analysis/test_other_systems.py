"""What `analysis/` does needs neither Ray nor what only Linux has."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

import fpray_analysis
import fpray_analysis.figures
from tests.analysis.why.simulated import simulate

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "tests" / "recorded" / "suites"


def _bare(code: str) -> str:
    words = [sys.executable, "-m", "tests.analysis.bare", code]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("module", ["ray", "fcntl", "resource"])
def test_the_check_itself_sees_a_module(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.analysis.bare", f"import {module}"], cwd=ROOT, capture_output=True, text=True
    )
    assert "ModuleNotFoundError" in done.stderr


def test_suites_are_loaded() -> None:
    paths = [str(path) for kind in ("pilot_and_rerun", "sweep_with_a_crash") for path in (RECORDED / kind).iterdir()]
    counts = "r.trials.num_rows, r.events.num_rows, r.recorder().count_rows()"
    assert _bare(f"import fpray; r = fpray.load({paths!r}); print({counts})").split() == ["4", "41", "8525"]


def test_a_public_name_is_never_a_module() -> None:
    """A module of the same name would take its place as soon as it is imported."""
    names = [path.stem for path in (ROOT / "analysis").rglob("*.py")]
    for package in (fpray_analysis, fpray_analysis.figures):
        assert not {*package.__all__} & {*names}


def test_a_figure_is_drawn(tmp_path: Path) -> None:
    (path,) = (RECORDED / "pilot_and_rerun").iterdir()
    output = tmp_path / "figure.png"
    words = ["plot", str(path), "-o", str(output)]
    assert "is drawn (lt)" in _bare(f"from fpray.cli.main import main; main({words!r}, standalone_mode=False)")
    assert output.stat().st_size > 1000


def test_which_role_moved_the_peak_is_said(tmp_path: Path) -> None:
    file = simulate(tmp_path / "suite.csv", random.Random(1)).file
    words = ["why", str(file)]
    text = _bare(f"from fpray.cli.main import main; main({words!r}, standalone_mode=False)")
    assert "num_proxy_leaders (adds proxy_leader): 12 steps" in text
