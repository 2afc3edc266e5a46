"""An option is added in one place, to the real options class; fpray's commands, Python, suites and docs have it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fpray.driver.choose_suite import named_suite
from fpray.driver.means import check_sweep
from tests.conftest import cli

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Where fpray has the option `luck`."""
    directory = tmp_path_factory.mktemp("suites")
    command = [sys.executable, "-m", "tests.driver.one_more_option", str(directory)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("command", ["sweep", "search"])
def test_the_commands_and_python_have_it(places: Any, command: str) -> None:
    _, text = places["help"][command]
    measurements = text.partition("Measurements:")[2].partition("Machines:")[0]
    assert "--luck N wish for N [default: no wish]" in measurements
    assert places["python"][command] == ["luck: 'int | None' = None", True]
    assert places["completion"][command] == ["--luck"]


def test_the_readme_has_it_once(places: Any) -> None:
    assert places["readme"] == ["| `--luck N` | wish for N (default: no wish) |"]


def test_it_is_checked(places: Any) -> None:
    code, text = places["refused"]
    assert code == 2
    assert "--luck 0 must be at least 1" in text


def test_a_suite_keeps_it(places: Any) -> None:
    lucky, plain = (Path(places["suites"][name]) for name in ("lucky", "plain"))
    assert json.loads((lucky / "args.json").read_text())["luck"] == 7
    assert json.loads((lucky / "suite.json").read_text())["luck"] == 7
    assert json.loads((plain / "args.json").read_text())["luck"] is None
    assert "luck" not in json.loads((plain / "suite.json").read_text())


def test_a_suite_is_continued_with_the_same_value_only(places: Any) -> None:
    continued = places["continued"]
    assert {name: code for name, (code, _) in continued.items()} == {
        "lucky with 7": 0,
        "lucky with 8": 2,
        "lucky without": 2,
        "lucky with 8, accepted": 0,
        "plain with 3": 2,
        "plain without": 0,
    }
    assert "--luck is 8 now, but was 7 for the earlier results: results from before" in continued["lucky with 8"][1]
    assert "without the change, give --luck the earlier value again. To" in continued["lucky with 8"][1]
    assert "--luck is none now, but was 7 for the earlier results" in continued["lucky without"][1]
    assert "--luck is 3 now, but was none for the earlier results" in continued["plain with 3"][1]
    assert " without the change, remove --luck. To" in continued["plain with 3"][1]


def test_a_version_without_it_continues_what_was_run_without_it(places: Any) -> None:
    """The key of a suite of today stays, whatever options come; what a newer version compares is named."""
    plain, lucky = places["suites"]["plain"], places["suites"]["lucky"]
    experiment = check_sweep("unreplicated", {"suite_directory": plain})
    assert json.loads((Path(plain) / "suite.json").read_text())["key"] == experiment.key
    assert named_suite(experiment) is not None
    done = cli("sweep", "unreplicated", "--dry-run", "-s", lucky)
    assert done.exit_code == 0
    assert "entries that this version of fpray does not know (luck)" in done.stderr
