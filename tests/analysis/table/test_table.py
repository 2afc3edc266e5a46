"""`fpray table`: peaks, intervals and bounds by hand, and documents that no text of a suite can break."""

from __future__ import annotations

import csv
import io
import re
import statistics
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fpray
from fpray.evidence.student import student_t
from fpray_analysis.table.digits import in_digits
from fpray_analysis.table.estimate import Estimate, estimate
from fpray_analysis.table.formats import escape_latex, escape_markdown
from fpray_analysis.table.peaks import TableOptions, peak_table
from tests.conftest import cli

pytestmark = pytest.mark.heavy

NAMES = ("num_client_procs", "num_clients_per_proc", "state_machine", "latency.median_ms", "latency.p99_ms",
         "start_throughput_1s.p90", "doubts")  # fmt: skip
Trial = tuple[int, str, float, float]  # loops, state machine, 99th percentile of the latency, throughput
TRIALS: Sequence[Trial] = [
    *((10, "A_log", 1.0 + n / 10, 1000.0 + n) for n in range(3)),
    *((100, "A_log", 9.0, 2000.0 + 100 * n) for n in range(3)),
    *((1000, "A_log", 90.0, 1500.0) for _ in range(3)),
    (10, "Noop", 7.0, 3000.0),
]


def _file(path: Path, trials: Sequence[Trial] = TRIALS, doubts: str = "") -> Path:
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(NAMES)
        for loops, machine, p99, throughput in trials:
            writer.writerow([1, loops, machine, p99 / 2, p99, throughput, doubts])
    return path


def _table(file: Path, *words: str) -> str:
    done = cli("table", str(file), *words)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_a_row_for_each_series_has_its_peak_with_an_interval(tmp_path: Path) -> None:
    table = peak_table(fpray.load(_file(tmp_path / "t.csv")), TableOptions(bounds=["latency.p99_ms<5"]))
    assert (table.by, table.x, table.y) == (["state_machine"], "start_throughput_1s.p90", "latency.median_ms")
    log, noop = table.rows
    half = 4.302652729911275 * statistics.stdev([2000, 2100, 2200]) / 3**0.5
    assert (log.peak.value, log.peak.repeats) == (2100, 3)
    assert (log.peak.low, log.peak.high) == pytest.approx((2100 - half, 2100 + half))
    assert log.beside == Estimate(4.5, 4.5, 4.5, 3)
    assert log.within is not None
    assert log.within.value == 1001
    assert noop.peak == Estimate(3000, None, None, 1)
    assert noop.within is None


def test_what_there_is_to_say_stands_below(tmp_path: Path) -> None:
    text = _table(_file(tmp_path / "t.csv", doubts="a|b was busy"), "--bound", "latency.p99_ms<=5")
    assert "- Intervals are those of 95 % (Student's t over repeats; one repeat has none): Noop." in text
    assert "No configuration keeps latency.p99\\_ms \\<= 5: Noop." in text
    assert "Doubt about trials 001, 002, 003, 004, 005, 006: a\\|b was busy." in text
    growing = [(loops, "Noop", 1.0, 100.0 * loops) for loops in (1, 2, 3)]
    text = _table(_file(tmp_path / "growing.csv", growing))
    assert "The peak is at the highest load that was tried, so more load may give more: all trials." in text


def test_headers_have_units_and_the_names_of_both_throughputs(tmp_path: Path) -> None:
    head, rule, *rows = _table(_file(tmp_path / "t.csv"), "--bound", "latency.p99_ms<=5").splitlines()
    assert head == (
        "| State machine | Peak throughput, 90th percentile (start\\_throughput\\_1s.p90, requests/s) | Repeats"
        " | Median latency at the peak (ms) | Peak throughput, 90th percentile with a 99th percentile of the latency of"
        " at most 5 ms (start\\_throughput\\_1s.p90, requests/s) | Repeats |"
    )
    assert rule == "| --- | ---: | ---: | ---: | ---: | ---: |"
    assert rows[0] == "| A\\_log | 2,100 ± 250 | 3 | 4.5 ± 0.0 | 1,001.0 ± 2.5 | 3 |"
    assert rows[1] == "| Noop | 3,000 | 1 | 3.50 | - | - |"


def test_latex_is_a_table_of_booktabs(tmp_path: Path) -> None:
    text = _table(_file(tmp_path / "t.csv"), "--format", "latex")
    assert r"\begin{tabular}{@{}lrrr@{}}" in text
    assert r"A\_log & $2{,}100 \pm 250$ & 3 & $4.5 \pm 0.0$ \\" in text
    assert [text.count(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")] == [1, 1, 1]
    assert r"\usepackage{booktabs}" in text


def test_csv_has_all_digits_and_notes_elsewhere(tmp_path: Path) -> None:
    done = cli("table", str(_file(tmp_path / "t.csv")), "--format", "csv", "--statistic", "median")
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert rows[0][:3] == [
        "State machine", "Peak throughput, 90th percentile (start_throughput_1s.p90, requests/s), median",
        "Peak throughput, 90th percentile (start_throughput_1s.p90, requests/s), low",
    ]  # fmt: skip
    assert rows[1][:5] == ["A_log", "2100.0", "", "", "3"]
    assert "note: intervals are those of 95 % (from one repeat to another, by the binomial distribution" in done.stderr


def test_the_choice_of_rows_is_that_of_a_figure(tmp_path: Path) -> None:
    file = _file(tmp_path / "t.csv")
    assert len(_table(file, "--where", "state_machine=Noop", "--format", "csv").splitlines()) == 2
    rows = list(csv.reader(io.StringIO(_table(file, "--by", "num_clients_per_proc", "--format", "csv"))))
    assert [row[0] for row in rows[1:]] == ["10", "100", "1000"]


def test_all_that_is_wrong_is_refused_at_once(tmp_path: Path) -> None:
    file = _file(tmp_path / "t.csv")
    words = ("--bound", "latency.p99<=x", "--bound", "latency.p98_ms<=5", "--by", "state_machin", "--y", "nothing")
    done = cli("table", str(file), *words)
    assert done.exit_code == 2
    for sentence in (
        "--bound latency.p99<=x: write a column, <= or >=, and a number, in quotes, such as --bound",
        "--bound latency.p98_ms: there is no such column; did you mean latency.p99_ms?",
        "--by state_machin: there is no such column; did you mean state_machine?", "--y nothing: there is no such",
    ):  # fmt: skip
        assert sentence in done.stderr
    assert "is no column of numbers" in cli("table", str(file), "--bound", "state_machine<=5").stderr
    assert "is a part of what is read" in cli("table", str(file), "-o", str(file)).stderr


def test_a_file_is_written(tmp_path: Path) -> None:
    output = tmp_path / "t.tex"
    assert "t.tex has 2 rows" in _table(_file(tmp_path / "t.csv"), "--format", "latex", "-o", str(output))
    assert output.read_text().startswith("% fpray")


@pytest.mark.parametrize(
    ("freedom", "value"),
    [(1, 12.7062047362), (2, 4.3026527297), (3, 3.1824463053), (9, 2.2621571628), (30, 2.0422724563)],
)
def test_students_t_is_that_of_tables(freedom: int, value: float) -> None:
    assert student_t(freedom) == pytest.approx(value, abs=1e-9)


def test_a_median_has_an_interval_from_six_repeats_on() -> None:
    assert estimate([5.0, 1, 4, 2, 3], "median") == Estimate(3, None, None, 5)
    assert estimate([5.0, 1, 4, 2, 3, 6], "median") == Estimate(3.5, 1, 6, 6)
    assert estimate([float(n) for n in range(1, 10)], "median") == Estimate(5, 2, 8, 9)


@pytest.mark.parametrize(
    ("figure", "statistic", "digits"),
    [
        (Estimate(39_344.2, 39_220.7, 39_467.7, 3), "mean", ("39,340", "120")),
        (Estimate(0.012347, 0.0122, 0.0125, 3), "mean", ("0.01235", "0.00015")),
        (Estimate(39_344.2, 39_220.7, 39_467.7, 9), "median", ("39,340", "39,220", "39,470")),
        (Estimate(39_344.2, None, None, 1), "mean", ("39,300",)),
        (Estimate(0.0, None, None, 1), "mean", ("0",)),
        (Estimate(5.0, -1e6, 1e6, 2), "mean", ("0", "1,000,000")),
    ],
)
def test_digits_follow_from_the_interval(figure: Estimate, statistic: str, digits: tuple[str, ...]) -> None:
    assert in_digits(figure, statistic) == digits


_COMMANDS = r"\\(?:textbackslash|textasciitilde|textasciicircum|textless|textgreater|textbar|textquotedbl)\{\}"
_ESCAPED = re.compile(rf"{_COMMANDS}|\{{[\[\]*]\}}|\\[&%$#_{{}}]")


@given(st.text(st.one_of(st.characters(), st.sampled_from('\\{}$&%#_^~<>|[]*"\n'))))
def test_no_character_of_latex_is_left_unescaped(text: str) -> None:
    rest = _ESCAPED.sub("", escape_latex(text))
    assert not set(rest) & set('\\{}$&%#_^~<>|[]*"\n\t')


@given(st.text(st.one_of(st.characters(), st.sampled_from("\\|`*_<>[]#&\n"))))
def test_no_character_of_markdown_is_left_unescaped(text: str) -> None:
    rest = re.sub(r"\\[\\`*_{}\[\]<>#|~&$]", "", escape_markdown(text))
    assert not set(rest) & set("\\|`*_<>[]#&$\n\t")
