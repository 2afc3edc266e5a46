"""`fpray plot SUITE` draws the figure of the suite's study where the user chooses nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import fpray
from fpray.testing.fake_machines import FakeMachines
from fpray_analysis.figures.options import FigureOptions
from fpray_analysis.figures.study_figures import with_study_figure
from tests.conftest import cli
from tests.support.sweeps import finished, run_on

pytestmark = pytest.mark.heavy

RECORDED = Path(__file__).parents[1] / "recorded" / "suites" / "pilot_and_rerun"
LOOPS = "num_clients_per_proc"


def _suite(directory: Path, figure: Mapping[str, Any], name: str = "suite") -> Path:
    """A recorded suite of two loads, of which the study brings a figure."""
    suite = directory / name
    shutil.copytree(next(RECORDED.iterdir()), suite)
    file = suite / "suite.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "figure": figure}))
    return suite


def _drawn(suite: Path, *words: str) -> tuple[str, str]:
    """The kind that is drawn, and everything that is said."""
    done = cli("plot", str(suite), "-o", str(suite / "figure.svg"), *words)
    assert done.exit_code == 0, done.stderr
    text = " ".join((done.stdout + done.stderr).split())
    return text.partition("is drawn (")[2].partition(")")[0], text


def test_the_figure_of_the_study_is_drawn_unless_another_is_chosen(tmp_path: Path) -> None:
    suite = _suite(tmp_path, {"kind": "scale", "x": LOOPS, "by": []})
    assert _drawn(suite)[0] == "scale"
    assert _drawn(suite, "--kind", "bars")[0] == "bars"
    assert _drawn(suite, "--by", LOOPS)[0] == "lt"


def test_a_column_that_no_trial_has_is_said(tmp_path: Path) -> None:
    kind, text = _drawn(_suite(tmp_path, {"kind": "scale", "x": "num_moons"}))
    assert kind == "lt"
    assert "the study's figure has num_moons, which no trial has: what varies is drawn instead" in text


def test_a_kind_of_a_newer_version_is_passed_over(tmp_path: Path) -> None:
    assert _drawn(_suite(tmp_path, {"kind": "hologram"}))[0] == "lt"


def test_over_time_the_first_trial_that_finished_is_drawn(tmp_path: Path) -> None:
    options, notes = with_study_figure(fpray.load(_suite(tmp_path, {"kind": "time"})), FigureOptions())
    assert (options.kind, options.where) == ("time", {"trial": ["001"]})
    (note,) = notes
    assert note.startswith("trial 001 is drawn, one of ")
    assert note.endswith("--where trial=NNN draws another")


def test_several_suites_share_a_figure(tmp_path: Path) -> None:
    suites = [
        _suite(tmp_path, {"kind": "lt", "by": []}, "a"),
        _suite(tmp_path, {"kind": "lt", "by": ["num_client_procs"]}, "b"),
    ]
    options, _ = with_study_figure(fpray.load(suites), FigureOptions())
    assert (options.kind, options.by) == ("lt", ["suite", "num_client_procs"])
    other = _suite(tmp_path, {"kind": "bars"}, "c")
    assert with_study_figure(fpray.load([*suites, other]), FigureOptions())[0] == FigureOptions()


def test_a_figure_that_is_none_is_damage(tmp_path: Path) -> None:
    done = cli("plot", str(_suite(tmp_path, {"kind": 3})))
    assert done.exit_code == 2
    assert "figure.kind" in done.stderr


def test_a_sweep_keeps_the_figure_of_its_study(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text('import fpray\nSTUDY = fpray.Study("mine", "unreplicated", figure={"kind": "bars", "by": []})\n')
    result = run_on(FakeMachines(["a"]), finished, tmp_path, study=str(file), vary={})
    assert json.loads((result.suite / "suite.json").read_text())["figure"] == {"kind": "bars", "by": []}
    varied = run_on(FakeMachines(["a"]), finished, tmp_path, study=str(file), loops=2)
    assert "figure" not in json.loads((varied.suite / "suite.json").read_text())
