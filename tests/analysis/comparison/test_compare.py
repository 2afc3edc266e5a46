"""`fpray compare` and `fpray_analysis.compare`: what is paired, what is called, what is said and refused."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

import fpray
from fpray_analysis import compare
from fpray_analysis.comparison import Comparison
from fpray_analysis.figures.ratios import ratios
from tests.analysis.comparison.results_files import MEDIAN, P99, THROUGHPUT, write_trials
from tests.conftest import cli

pytestmark = pytest.mark.heavy

RECORDED = Path(__file__).parents[2] / "recorded" / "suites"


@pytest.fixture
def a(tmp_path: Path) -> Path:
    """Twelve points, three repeats, 1 % of noise."""
    return write_trials(tmp_path / "a.csv", seed=1)


@pytest.fixture
def faster(tmp_path: Path) -> Path:
    """The same, and 20 % faster at two points."""
    return write_trials(tmp_path / "faster.csv", seed=2, speed={3: 1.2, 7: 1.2})


def _json(*words: str, code: int = 0) -> dict[str, Any]:
    done = cli("compare", *words, "--json")
    assert done.exit_code == code, done.stderr
    content: dict[str, Any] = json.loads(done.stdout)
    return content


def _verdicts(comparison: Comparison, metric: str = THROUGHPUT) -> dict[int, str]:
    return {pair.point["num_client_procs"]: pair.metrics[metric].verdict.value for pair in comparison.pairs}


def test_what_truly_differs_is_called_and_nothing_else(a: Path, faster: Path) -> None:
    comparison = compare(a, faster)
    for metric in (THROUGHPUT, MEDIAN, P99):
        verdicts = _verdicts(comparison, metric)
        assert [clients for clients, verdict in verdicts.items() if verdict == "faster"] == [3, 7]
        assert "slower" not in verdicts.values()
    other_way = compare(faster, a)
    assert [clients for clients, verdict in _verdicts(other_way, P99).items() if verdict == "slower"] == [3, 7]
    one = comparison.pairs[2].metrics[MEDIAN]
    assert one.ratio == pytest.approx(1 / 1.2, rel=0.05)
    assert None not in (one.low, one.ratio, one.high)
    assert (one.low or 0) < (one.ratio or 0) < (one.high or 0) < 1, "of a latency, below 1 is faster"


def test_equal_results_are_the_same(a: Path) -> None:
    comparison = compare(a, shutil.copy(a, a.with_name("copy.csv")), 0.2)
    assert set(_verdicts(comparison).values()) == {"same"}
    assert comparison.overall[THROUGHPUT].ratio == pytest.approx(1)
    assert comparison.overall[THROUGHPUT].verdict.value == "same"


def test_json_has_the_form_that_is_documented(a: Path, faster: Path) -> None:
    content = _json(str(a), str(faster))
    assert {"pairs", "overall", "unpaired"} <= set(content)
    pair = content["pairs"][2]
    assert pair["point"] == {"num_client_procs": 3, "jvm_heap_size": "100m", "state_machine": "Noop"}
    assert pair["a"] == ["007", "008", "009"]
    assert set(pair["metrics"]) == {THROUGHPUT, MEDIAN, P99}
    assert set(pair["metrics"][P99]) == set(content["overall"][P99]) == {"ratio", "low", "high", "verdict"}
    assert content["unpaired"] == {"a": [], "b": []}
    assert content["method"]["rate"] == 0.05


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        (f"{THROUGHPUT}<0.95", 0),
        (f"{THROUGHPUT}>0.95", 1),
        (f"{THROUGHPUT} > 1.1", 0),
        (f"any:{THROUGHPUT}>1.1", 1),
        (f"any:{P99}<0.9", 1),
        (f"any:{P99}>1.1", 0),
    ],
)
def test_a_condition_decides_the_exit_code(condition: str, code: int, a: Path, faster: Path) -> None:
    done = cli("compare", str(a), str(faster), "--fail-if", condition)
    assert done.exit_code == code, done.stderr
    assert ("holds: exit code 1" in done.stderr) is bool(code)


def test_all_that_is_wrong_is_refused_at_once(a: Path, faster: Path, tmp_path: Path) -> None:
    words = ("--margin", "0", "--fail-if", "throughput=1", "-o", str(tmp_path / "f.gif"), "--where", "f")
    done = cli("compare", str(a), str(tmp_path / "none"), *words)
    assert done.exit_code == 2
    for text in (
        "--margin 0 must be above 0", "--fail-if throughput=1 must be a column", "f.gif must end in",
        "--where f must be", "none",
    ):  # fmt: skip
        assert text in done.stderr
    assert not done.stdout
    done = cli("compare", str(a), str(faster), "--fail-if", "latency.p98_ms<1")
    assert done.exit_code == 2
    assert "latency.p98_ms is not compared; did you mean latency.p99_ms?" in done.stderr
    done = cli("compare", str(a), str(faster), "--ignore", "jvm_heap")
    assert "--ignore jvm_heap: there is no such parameter; did you mean jvm_heap_size?" in done.stderr


def test_a_parameter_that_is_never_equal_is_named_and_can_be_ignored(a: Path, tmp_path: Path) -> None:
    other = write_trials(tmp_path / "b.csv", seed=3, heap="1g")
    done = cli("compare", str(a), str(other))
    assert done.exit_code == 2
    assert "jvm_heap_size is 100m in A and 1g in B" in done.stderr
    content = _json(str(a), str(other), "--ignore", "jvm_heap_size")
    assert len(content["pairs"]) == 12


def test_points_that_one_side_lacks_are_unpaired(a: Path, tmp_path: Path) -> None:
    content = _json(str(a), str(write_trials(tmp_path / "b.csv", points=14, seed=4)))
    assert [one["point"]["num_client_procs"] for one in content["unpaired"]["b"]] == [13, 14]
    assert content["unpaired"]["b"][0]["reason"] == "A has no trial at this point"
    done = cli("compare", str(a), str(tmp_path / "b.csv"))
    assert "left out: 3 trials of B: A has no trial at this point" in done.stdout.replace(" at num_client_procs=13", "")


@pytest.mark.parametrize("repeats", [1, 2])
def test_few_repeats_are_undecided_unless_others_show_the_noise(repeats: int, a: Path, tmp_path: Path) -> None:
    few = [write_trials(tmp_path / f"few{seed}.csv", points=2, repeats=repeats, seed=seed) for seed in (5, 6)]
    for pair in compare(few[0], few[1]).pairs:
        estimate = pair.metrics[THROUGHPUT]
        assert (estimate.low, estimate.verdict.value) == (None, "undecided")
        assert estimate.reason.startswith(f"{repeats} repeat")
    doubled = write_trials(tmp_path / "b.csv", repeats=repeats, seed=7, speed={3: 2.0})
    estimate = compare(a, doubled).pairs[2].metrics[THROUGHPUT]
    assert estimate.low is not None, "the others have three repeats on one side, or two on both"
    assert estimate.verdict.value == "faster"


def test_a_single_pair_relies_on_its_own_repeats(tmp_path: Path) -> None:
    """As Student's t with 4 degrees of freedom."""

    def write(name: str, values: tuple[float, ...]) -> Path:
        file = tmp_path / name
        file.write_text("f,latency.p99_ms\r\n" + "".join(f"1,{value}\r\n" for value in values))
        return file

    one = write("a.csv", (1.00, 1.01, 1.02))
    assert compare(one, write("b.csv", (1.01, 1.02, 1.03))).pairs[0].metrics[P99].verdict.value == "undecided"
    assert compare(one, write("c.csv", (1.30, 1.31, 1.32))).pairs[0].metrics[P99].verdict.value == "slower"
    equal = compare(write("d.csv", (1, 1, 1)), write("e.csv", (1, 1, 1))).pairs[0].metrics[P99]
    assert (equal.ratio, equal.verdict.value) == (1.0, "same")
    no_ratio = compare(one, write("f.csv", (0, 1, 1))).pairs[0].metrics[P99]
    assert no_ratio.ratio is None
    assert "not above 0" in no_ratio.reason


def test_several_suites_are_one_side(a: Path, tmp_path: Path) -> None:
    more = write_trials(tmp_path / "more.csv", seed=8)
    content = _json(f"{a},{more}", str(write_trials(tmp_path / "b.csv", seed=9)))
    assert content["pairs"][0]["a"] == [f"{name}.csv/00{n}" for name in ("a", "more") for n in (1, 2, 3)]


def test_suites_say_first_what_differs_and_which_trials_are_left_out(tmp_path: Path) -> None:
    (suite,) = (RECORDED / "sweep_with_a_crash").iterdir()
    other = tmp_path / suite.name.replace("AWTENUJBIX", "BBBBBBBBBB")
    shutil.copytree(suite, other)
    record = json.loads((other / "suite.json").read_text())
    record["jar"]["sha256"] = "f" * 64
    for run in record["runs"]:
        for facts in run["machines"].values():
            facts["kernel"] = "Linux 7.0\x1b[31m"
    (other / "suite.json").write_text(json.dumps(record))
    done = cli("compare", str(suite), str(other))
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("differs: jar: A reference (sha ")
    assert lines[1].startswith("differs: kernel: A Linux 6")
    assert lines[1].endswith("B Linux 7.0")
    assert "did not finish: 1 crashed" in done.stdout
    assert "method:" in lines[-1]
    content = _json(str(suite), str(other))
    assert "measured.throughput" in content["overall"]
    assert "start_throughput_1s.p90" not in content["overall"], "the suite has a throughput of its own"
    assert set(content["provenance"]) == {"jar", "kernel"}


def test_a_figure_has_a_row_for_each_pair_and_one_for_all(a: Path, faster: Path, tmp_path: Path) -> None:
    axes = ratios(compare(a, faster), Figure().add_subplot())
    assert [label.get_text() for label in axes.get_yticklabels()][::-1] == [*map(str, range(1, 13)), "all"]
    for suffix in ("png", "pdf", "svg"):
        assert cli("compare", str(a), str(faster), "-o", str(tmp_path / f"f.{suffix}")).exit_code == 0
        assert (tmp_path / f"f.{suffix}").stat().st_size > 1000
    with pytest.raises(fpray.Refused, match="is not compared"):
        ratios(compare(a, faster), Figure().add_subplot(), "latency")


def test_numbers_and_durations_pair_however_they_are_written(tmp_path: Path) -> None:
    for name, cells in (("a.csv", ("1", "0:00:05", "x")), ("b.csv", ("1.0", "0:00:05.000000", "x"))):
        with (tmp_path / name).open("w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["rate", "duration", "mode", MEDIAN])
            writer.writerows([[*cells, value] for value in (1.0, 1.1, 1.05)])
    assert len(_json(str(tmp_path / "a.csv"), str(tmp_path / "b.csv"))["pairs"]) == 1


def test_a_figure_says_what_it_was_drawn_from_and_other_arguments_are_a_difference(tmp_path: Path) -> None:
    (suite,) = (RECORDED / "sweep_with_a_crash").iterdir()
    other = tmp_path / suite.name.replace("AWTENUJBIX", "BBBBBBBBBB")
    shutil.copytree(suite, other)
    for path in other.glob("[0-9]*/trial.json"):
        trial = json.loads(path.read_text())
        trial["provenance"]["jvm_args"] = "server:-Xint"
        path.write_text(json.dumps(trial))
    done = cli("compare", str(suite), str(other), "-o", str(tmp_path / "figure.svg"))
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("differs: JVM arguments: A none · B server:-Xint\n")
    text = (tmp_path / "figure.svg").read_text()
    assert "AWTENUJBIX" in text
    assert "BBBBBBBBBB" in text
    assert "fpray 0." in text
