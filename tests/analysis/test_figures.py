"""`fpray plot` and the functions behind it: what is drawn, in which words, and what is refused."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

import fpray
from fpray_analysis.choice import MOST_SERIES
from fpray_analysis.figures import bars, lt, scale
from fpray_analysis.figures.quantities import quantity
from fpray_analysis.figures.style import look
from tests.conftest import cli

pytestmark = pytest.mark.heavy

RECORDED = Path(__file__).parents[1] / "recorded" / "suites"
NAMES = ("num_client_procs", "num_clients_per_proc", "num_proxy_leaders", "state_machine")
OUTPUTS = ("latency.median_ms", "latency.p99_ms", "start_throughput_1s.p90")
Trial = tuple[int, int, str, float, float]  # loops, proxy leaders, state machine, latency, throughput


def _file(path: Path, trials: Sequence[Trial]) -> Path:
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([*NAMES, *OUTPUTS])
        for loops, leaders, machine, latency, throughput in trials:
            writer.writerow([1, loops, leaders, machine, latency, 2 * latency, throughput])
    return path


@pytest.fixture
def loads(tmp_path: Path) -> Path:
    """Two numbers of proxy leaders, three loads each, three repeats each."""
    trials: list[Trial] = [
        (loops, leaders, "Noop", loops / 10 + k / 100, 1000 * leaders * loops + 10 * k)
        for leaders in (2, 3) for loops in (100, 1, 10) for k in (1, 0, 2)
    ]  # fmt: skip
    return _file(tmp_path / "loads.csv", trials)


@pytest.fixture
def leaders(tmp_path: Path) -> Path:
    """One load; the throughput over the number of proxy leaders."""
    return _file(tmp_path / "leaders.csv", [(10, n, "Noop", 1.0, 5000.0 * n) for n in (4, 2, 3)])


def _svg(file: Path, *words: str) -> str:
    output = file.with_name("figure.svg")
    done = cli("plot", str(file), "-o", str(output), *words)
    assert done.exit_code == 0, done.stderr
    return output.read_text()


def _texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def _lines(axes: Axes) -> list[tuple[list[float], list[float]]]:
    """The points that lines connect."""
    lines = (line for line in axes.get_lines() if line.get_linestyle() != "None")
    points = [(np.asarray(line.get_xdata()).tolist(), np.asarray(line.get_ydata()).tolist()) for line in lines]
    return [(xs, ys) for xs, ys in points if xs]


def test_latency_over_throughput_has_a_point_for_each_configuration_by_load(loads: Path) -> None:
    axes = lt(fpray.load(loads), Figure().add_subplot())
    assert _lines(axes) == [
        ([2010, 20_010, 200_010], [0.11, 1.01, 10.01]),
        ([3010, 30_010, 300_010], [0.11, 1.01, 10.01]),
    ]
    faint = [spots for spots in axes.collections if np.shape(spots.get_offsets())[0] == 9]
    assert len(faint) == 2, "the repeats of each series"
    legend = axes.get_legend()
    assert legend is not None
    assert legend.get_title().get_text() == "number of proxy leaders"
    assert [text.get_text() for text in legend.get_texts()] == ["2", "3"]


def test_a_scale_goes_from_low_to_high(leaders: Path) -> None:
    axes = scale(fpray.load(leaders), Figure().add_subplot())
    assert _lines(axes) == [([2, 3, 4], [10_000, 15_000, 20_000])]
    assert axes.get_xlabel() == "Number of proxy leaders"


def test_bars_have_the_highest_load_of_each_configuration(loads: Path) -> None:
    axes = bars(fpray.load(loads), Figure().add_subplot(), by=["num_proxy_leaders"])
    assert [bar.get_width() for bar in axes.patches if isinstance(bar, Rectangle)] == [300_010, 200_010]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["3", "2"]


@pytest.mark.parametrize(
    ("trials", "kind"),
    [
        ([(1, 2, "Noop", 1, 1), (2, 2, "Noop", 1, 1)], "lt"),
        ([(1, 2, "Noop", 1, 1), (1, 3, "Noop", 1, 1)], "scale"),
        ([(1, 2, "Noop", 1, 1), (1, 2, "AppendLog", 1, 1)], "bars"),
        ([(1, 2, "Noop", 1, 1), (1, 3, "AppendLog", 1, 1)], "bars"),
    ],
)
def test_the_kind_follows_from_what_varies(trials: list[Trial], kind: str, tmp_path: Path) -> None:
    done = cli("plot", str(_file(tmp_path / "t.csv", trials)), "-o", str(tmp_path / "t.png"))
    assert f"t.png is drawn ({kind})" in done.stdout, done.stderr


def test_axes_have_words_and_units_and_no_raw_names(loads: Path) -> None:
    texts = _texts(_svg(loads, "--title", "Two and three"))
    assert "Median latency (ms)" in texts
    assert "Throughput, 90th percentile (start_throughput_1s.p90, requests/s)" in texts, "FrankenPaxos's, by its name"
    assert "Two and three" in texts
    others = [text for text in texts if "start_throughput" not in text and "fpray " not in text]
    assert not [text for text in others if "_" in text]


@pytest.mark.parametrize(
    ("column", "label"),
    [
        ("measured.throughput", "Throughput (requests/s)"),
        ("write_output.measured.throughput", "Throughput of writes (requests/s)"),
        ("read_output.measured.latency.p99_ms", "99th percentile of the latency of reads (ms)"),
        ("output.latency.mean_ms", "Mean latency (ms)"),
        ("stop_throughput_5s.median", "Throughput, median (stop_throughput_5s.median, requests/s)"),
        ("leader_options.flush_phase2as_every_n", "Leader, flush phase2as every n"),
        ("num_acceptor_groups", "Number of acceptor groups"),
        ("warmup_duration", "Warmup duration (s)"),
        ("loops", "Closed loops of all clients"),
    ],
)
def test_a_column_in_words(column: str, label: str) -> None:
    assert quantity(column).label == label


def test_a_figure_says_what_it_was_drawn_from(loads: Path, tmp_path: Path) -> None:
    source = f"loads.csv · 18 trials · jar: not known · fpray {fpray.__version__}"
    svg = _svg(loads)
    assert source in " ".join(_texts(svg))
    assert source in svg[: svg.index("</metadata>")]
    for words in ((), ("--paper",)):
        assert cli("plot", str(loads), "-o", str(tmp_path / "f.png"), *words).exit_code == 0
        with Image.open(tmp_path / "f.png") as image:
            assert source in image.info["Description"]
    assert source not in " ".join(_texts(_svg(loads, "--paper"))), "a paper has a caption"
    assert cli("plot", str(loads), "-o", str(tmp_path / "f.pdf")).exit_code == 0
    assert source.encode("utf-16-be") in (tmp_path / "f.pdf").read_bytes()


@pytest.mark.parametrize(("words", "cm"), [(("--paper",), 8.5), ((), 16.0), (("--width", "12"), 12.0)])
def test_a_figure_is_as_wide_as_it_is_to_be(words: tuple[str, ...], cm: float, loads: Path) -> None:
    width = float(re.findall(r'<svg[^>]* width="([\d.]+)pt"', _svg(loads, *words))[0])
    assert width / 72 * 2.54 == pytest.approx(cm, rel=0.01)


def test_series_can_be_told_apart_without_colour() -> None:
    looks = [look(number) for number in range(MOST_SERIES)]
    assert len({one["marker"] for one in looks}) == MOST_SERIES
    assert len({one["color"] for one in looks[:7]}) == 7


def test_too_many_series_are_refused(tmp_path: Path) -> None:
    file = _file(tmp_path / "many.csv", [(loops, n, "Noop", 1, 1) for n in range(13) for loops in (1, 2)])
    done = cli("plot", str(file), "-o", str(tmp_path / "f.png"))
    assert done.exit_code == 2
    assert "makes 13 series, and more than 12 cannot be told apart: choose fewer parameters with --by" in done.stderr
    assert cli("plot", str(file), "-o", str(tmp_path / "f.png"), "--where", "num_proxy_leaders=1,2.0").exit_code == 0


def test_all_that_is_wrong_is_refused_at_once(loads: Path, tmp_path: Path) -> None:
    words = ("--kind", "scal", "--x", "num_client_proc", "--by", "nothing", "-o", str(tmp_path / "f.gif"))
    done = cli("plot", str(loads), *words)
    assert done.exit_code == 2
    for sentence in (
        "--x num_client_proc: there is no such column; did you mean num_client_procs?", "--by nothing",
        "--kind scal: there is no such kind; did you mean scale?", "f.gif must end in one of .pdf, .png, .svg",
    ):  # fmt: skip
        assert sentence in done.stderr
    done = cli("plot", str(loads), "--where", "state_machine", "--label", "=x")
    assert "--where state_machine must be COLUMN=VALUE; --label =x must be SUITE=NAME" in done.stderr
    done = cli("plot", str(loads), "--where", "state_machine=AppendLog")
    assert "--where state_machine=AppendLog: no trial has this value: write one of Noop" in done.stderr
    done = cli("plot", str(loads), "--label", "other=x")
    assert "--label other is in the name of none of these suites: loads.csv" in done.stderr
    done = cli("plot", str(loads), "-o", "/proc/figure.png")
    assert "cannot be written" in done.stderr


def test_suites_have_their_labels(loads: Path, tmp_path: Path) -> None:
    other = _file(tmp_path / "other.csv", [(1, 2, "Noop", 1, 1), (2, 2, "Noop", 2, 2)])
    texts = _texts(_svg(loads, str(other), "--label", "loads=Compartmentalized", "--by", "suite"))
    assert {"Compartmentalized", "other.csv"} <= set(texts)


def test_text_from_outside_is_text(tmp_path: Path) -> None:
    """Neither mathematics of TeX, nor XML, nor an escape of a terminal."""
    trials: list[Trial] = [(1, 2, "$\\frac$ <b>\x1b[31m", 1, 1), (1, 2, "Noop", 2, 2)]
    svg = _svg(_file(tmp_path / "t.csv", trials))
    assert "$\\frac$ &lt;b&gt;" in svg
    assert "\x1b" not in svg


def test_a_logarithmic_axis_begins_above_zero(loads: Path) -> None:
    texts = _texts(_svg(loads, "--log", "xy"))
    assert "100k" in texts
    assert "0" not in texts


def test_without_a_file_name_it_says_where_it_has_drawn(loads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(loads.parent)
    done = cli("plot", "loads.csv")
    assert "./loads.png is drawn (lt)" in done.stdout
    assert (loads.parent / "loads.png").is_file()


def test_a_trial_over_time_has_its_window_and_its_events(tmp_path: Path) -> None:
    (original,) = (RECORDED / "sweep_with_a_crash").iterdir()
    suite = tmp_path / "suite"
    shutil.copytree(original, suite)
    events = json.loads((suite / "001" / "events.json").read_text())
    start = next(event["t"] for event in events if event["detail"] == "measuring")
    events.append({"t": start + 50_000_000, "kind": "fault", "role": "", "label": "leader_0", "detail": "was killed"})
    (suite / "001" / "events.json").write_text(json.dumps(events))
    svg = _svg(suite, "--kind", "time", "--where", "trial=001")
    texts = _texts(svg)
    assert {"Throughput (requests/s)", "Latency (ms)", "Time (s)"} <= set(texts)
    assert texts.count(" leader_0 was killed") == 2
    assert not [text for text in texts if "returned 0" in text], "after the rows"
    assert any("trial 001" in text for text in texts)


def test_a_figure_of_one_trial_needs_one_with_rows() -> None:
    (suite,) = (RECORDED / "sweep_with_a_crash").iterdir()
    done = cli("plot", str(suite), "--kind", "time")
    assert "--kind time: shows one trial, and these are 2: choose with --where trial=... (001, 002)" in done.stderr
    done = cli("plot", str(suite), "--kind", "time", "--where", "trial=002")
    assert "--kind time needs the rows that clients recorded, and there are none of trial 002" in done.stderr
    assert done.exit_code == 2


def test_a_search_is_drawn_as_show_draws_it(tmp_path: Path) -> None:
    (suite,) = (RECORDED / "search").iterdir()
    output = tmp_path / "figure.svg"
    done = cli("plot", str(suite), "--kind", "search", "--title", "A knee", "-o", str(output))
    assert "is drawn (search)" in done.stdout
    texts = _texts(output.read_text())
    assert "A knee" in texts
    assert any("trials" in text and "jar: reference" in text for text in texts)
    (sweep,) = (RECORDED / "sweep_half_done").iterdir()
    done = cli("plot", str(sweep), "--kind", "search", "-o", str(output))
    assert "has the results of a sweep, and this figure is one of fpray search" in " ".join(done.stderr.split())
    done = cli("plot", str(suite), str(sweep), "--kind", "search", "-o", str(output))
    assert "--kind search: shows one search, and these are 2" in " ".join(done.stderr.split())
    done = cli("plot", str(suite), "--kind", "search", "--where", "trial=001", "-o", str(output))
    assert "--where has no meaning for --kind search" in " ".join(done.stderr.split())


def test_reads_that_are_not_linearizable_are_named_at_the_axes(tmp_path: Path) -> None:
    rows = [
        "num_client_procs,num_clients_per_proc,read_consistency,read_output.latency.median_ms,read_output.start_throughput_1s.p90"
    ]
    rows += [f"1,{loops},eventual,{loops / 10},{100 * loops}" for loops in (1, 2, 3)]
    (tmp_path / "reads.csv").write_text("\n".join(rows) + "\n")
    figure = tmp_path / "figure.svg"
    done = cli("plot", str(tmp_path / "reads.csv"), "--kind", "lt", "-o", str(figure))
    assert done.exit_code == 0, done.output
    assert "of eventual reads" in figure.read_text()
    assert "of reads" not in figure.read_text()
