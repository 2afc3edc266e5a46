"""`fpray compare --history`: which changes are found, between which versions, what is said and refused."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

import fpray
from fpray_analysis import history
from fpray_analysis.figures.history_chart import levels
from fpray_analysis.histories.change_points import steps
from fpray_analysis.histories.locations import location, noise_of
from tests.analysis.comparison.results_files import MEDIAN, P99, THROUGHPUT, write_trials
from tests.conftest import cli

pytestmark = pytest.mark.heavy


def _versions(directory: Path, speeds: Sequence[float], *, points: int = 4, noise: float = 0.03) -> list[str]:
    """Files of results of versions that are so fast."""
    return [
        str(write_trials(directory / f"v{number:02}.csv", points=points, noise=noise, speed=speed, seed=number))
        for number, speed in enumerate(speeds)
    ]


def test_a_change_is_found_with_its_place_and_size(tmp_path: Path) -> None:
    files = _versions(tmp_path, [1.0] * 7 + [0.9] * 5)
    result = history(files)
    overall = {change.metric: change for change in result.changes if change.point is None}
    assert overall.keys() == {THROUGHPUT, MEDIAN, P99}
    change = overall[THROUGHPUT]
    assert change.first <= change.at == 7 <= change.last
    assert change.low < 0.9 < change.high
    assert {change.verdict.value for change in overall.values()} == {"slower"}
    assert result.ratios[THROUGHPUT][0] == 1
    assert result.ratios[THROUGHPUT][-1] == pytest.approx(0.9, abs=0.03)


def test_a_change_and_its_mending_are_two(tmp_path: Path) -> None:
    files = _versions(tmp_path, [1.0] * 6 + [0.8] * 3 + [1.0] * 6)
    overall = [c for c in history(files).changes if c.point is None and c.metric == THROUGHPUT]
    assert [(change.at, change.verdict.value) for change in overall] == [(6, "slower"), (9, "faster")]


def test_a_change_of_one_point_is_named_with_it(tmp_path: Path) -> None:
    files = [
        str(write_trials(tmp_path / f"v{n}.csv", points=4, speed={3: 0.8 if n >= 6 else 1.0}, seed=n))
        for n in range(12)
    ]
    single = [change for change in history(files).changes if change.point is not None]
    assert {change.point["num_client_procs"] for change in single if change.point} == {3}
    assert {change.at for change in single} == {6}


def test_versions_that_are_equal_have_no_change(tmp_path: Path) -> None:
    done = cli("compare", "--history", *_versions(tmp_path, [1.0] * 10))
    assert done.exit_code == 0
    assert "no change was found" in done.stdout
    assert "10 versions, 4 points, 12 trials of each" in done.stdout


def test_the_command_prints_draws_and_writes_json(tmp_path: Path) -> None:
    files, output = _versions(tmp_path, [1.0] * 6 + [0.85] * 6), tmp_path / "history.svg"
    done = cli("compare", "--history", *files, "-o", str(output))
    line = next(line for line in done.stdout.splitlines() if line.startswith(f"change: {THROUGHPUT}"))
    assert re.search(r"0\.8\d\d \[0\.8\d\d, 0\.8\d\d\] slower from v06.csv on", line), line
    assert "divided by the first version" in output.read_text()
    value = json.loads(cli("compare", "--history", *files, "--json").stdout)
    change = next(c for c in value["changes"] if c["metric"] == THROUGHPUT and c["point"] is None)
    assert (change["before"], change["after"]) == ("v05.csv", "v06.csv")
    assert change["after"] in change["suspects"]
    assert value["ratios"].keys() == {THROUGHPUT, MEDIAN, P99}
    assert [version["name"] for version in value["versions"]] == [Path(file).name for file in files]


def test_the_figure_has_each_version_and_the_size_of_a_change(tmp_path: Path) -> None:
    result = history(_versions(tmp_path, [1.0] * 6 + [0.85] * 6))
    axes = levels(result, Figure().subplots(), THROUGHPUT)
    assert len(np.asarray(axes.get_lines()[0].get_xdata())) == 12
    assert [text.get_text()[:3] for text in axes.texts] in (["-14"], ["-15"], ["-16"])
    assert axes.get_xticklabels()[0].get_text() == "v00.csv"


def test_only_points_that_all_versions_have_count(tmp_path: Path) -> None:
    files = _versions(tmp_path, [1.0] * 6)
    write_trials(Path(files[2]), points=3, seed=2)
    result = history([*map(fpray.load, files)])
    assert result.points == 3
    assert "1 point of v00.csv: not all versions have it" in result.left_out
    assert not [text for text in result.left_out if "v02" in text]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("--history", "A", "B"),
            "--history takes at least 5 versions, in their order, and there are 2: fpray compare",
        ),
        (("A",), "A B are two, and there are 1: several suites of one side have commas between"),
        (("A", "B", "A"), "A B are two, and there are 3"),
        (("--history", "A", "B", "A", "B", "A", "--fail-if", "x<1"), "--fail-if has no meaning with --history"),
        (("--history", "A", "B", "A", "B", "A", "--margin", "2"), "--margin 2 must be above 0 and at most 0.5"),
        (("--history", "A", "B", "A", "B", "A", "-o", "x.gif"), "-o ./x.gif must end in one of .pdf, .png, .svg"),
        (("--history", "A", "B", "A", "B", "none.csv"), "none.csv"),
    ],
)
def test_what_cannot_be_is_refused(words: Sequence[str], sentence: str, tmp_path: Path) -> None:
    names = {name: str(write_trials(tmp_path / f"{name}.csv", points=2)) for name in "AB"}
    done = cli("compare", *(names.get(word, word) for word in words))
    assert done.exit_code == 2
    assert sentence in " ".join(done.stderr.split())


def test_versions_without_a_common_point_are_refused(tmp_path: Path) -> None:
    files = _versions(tmp_path, [1.0] * 5)
    write_trials(Path(files[3]), points=4, heap="200m")
    done = cli("compare", "--history", *files)
    assert done.exit_code == 2
    assert "the versions have no point in common" in " ".join(done.stderr.split())
    assert cli("compare", "--history", *files, "--ignore", "jvm_heap_size").exit_code == 0


def test_a_trial_that_went_wrong_is_no_change() -> None:
    dice = np.random.default_rng(1)
    for number in range(50):
        rows = dice.normal(0, 0.01, (3, 12))
        rows[number % 3, -1] -= 0.5  # of one point only, in the last version
        assert not [step for step in steps(rows, 0.01) if step.at == 11]


@given(st.lists(st.floats(-0.1, 0.1), min_size=3, max_size=9), st.floats(0.001, 0.1))
def test_a_location_is_among_its_repeats(repeats: list[float], noise: float) -> None:
    assert min(repeats) - 1e-9 <= location(repeats, noise) <= max(repeats) + 1e-9


def test_a_repeat_that_is_far_off_hardly_counts() -> None:
    assert location([1.00, 1.02, 5.0], 0.02) == pytest.approx(1.01)
    assert location([1.0, 2.0], 0.1) == 1.5
    cells = np.random.default_rng(2).normal(0, 0.03, (400, 3)).tolist()
    assert noise_of(cells) == pytest.approx(0.03, rel=0.1)
    assert noise_of([[1.0], [2.0]]) == 0
