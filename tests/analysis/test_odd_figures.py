"""`fpray plot` of odd data and with odd options: a sentence or a figure, never a traceback or a library's warning."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import fpray
from tests.conftest import cli

pytestmark = pytest.mark.heavy

RECORDED = Path(__file__).parents[1] / "recorded" / "suites"
HEADER = "num_client_procs,x,latency.median_ms,start_throughput_1s.p90"


def _csv(directory: Path, *rows: str, header: str = HEADER, name: str = "t.csv") -> Path:
    file = directory / name
    file.write_text("\n".join([header, *rows]) + "\n")
    return file


def _plot(file: Path, *words: str, code: int = 0, more: Path | None = None) -> str:
    output = file.parent / "figure.svg"
    output.unlink(missing_ok=True)
    done = cli("plot", str(file), *([str(more)] if more else []), "-o", str(output), *words)
    assert done.exit_code == code, done.stderr
    assert "Warning" not in done.stderr
    assert output.exists() is (code == 0)
    if not code:
        ET.parse(output)
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("rows", "words", "sentence"),
    [
        (
            ("1,a,1,1", "1,a,2,2", "2,a,3,3", "2,a,3,3"),
            ("--y", "x"),
            "--y x is no column of numbers: a value",
        ),
        (("1,a,1,1", "2,a,3,3"), ("--x", "x"), "--x x is no column of numbers"),
        (("1,True,1,1", "2,False,3,3"), ("--kind", "scale", "--x", "x"), "--x x is no column of numbers"),
        (("1,a,inf,1", "2,a,2,2"), (), "has inf in the column latency.median_ms of row 2, which is no number"),
        (("1,a,abc,1", "2,a,2,2"), (), "has abc in the column latency.median_ms of row 2, which is no number"),
        (("1,1,0,0", "2,2,3,0"), ("--log", "xy"), "a value is zero or less, and has no place on a logarithmic axis"),
        (("1,1,1,1", "1,2,3,1"), ("--kind", "bars", "--log", "y"), "--log y has no meaning for --kind bars"),
        (("1,1,1,1", "1,2,3,1"), ("--kind", "bars", "--x", "x"), "--x has no meaning for --kind bars: leave it out"),
        (("1,1,1,1", "1,2,3,1"), ("--kind", "time", "--y", "x"), "--y has no meaning for --kind time: leave it out"),
        (("1,1,1,1",), ("--width", "nan"), "--width nan must be from 6 to 60 cm"),
        (("1,1,1,1",), ("--width", "4"), "--width 4 must be from 6 to 60 cm"),
        (("1,1,1,1",), ("--by", ""), "--by '': there is no such column"),
        (("1,1,1,1",), ("--label", "t=a", "--label", "t=b"), "--label t is given twice"),
        (tuple(f"{n},1,1,1" for n in range(2001)), (), "2001 configurations are too many for one figure"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    rows: tuple[str, ...], words: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    assert sentence in _plot(_csv(tmp_path, *rows), *words, code=2)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (("1,1,-5,-30", "2,2,-3,-20"), ()),
        (("1,_a,1,1", "2,_a,2,2", "1,_b,1,1", "2,_b,2,2"), ()),
        (("1,1,1,1", "2,2,2,2"), ("--title", "a\x01b\x1b[31m \u202e \u4e2d\u6587")),
        (("1,1,1,1", "2,2,2,2"), ("--title", "x" * 5000)),
        (("1,1,1,1", "2,2,2,2"), ("--width", "6")),
        (("1,1,1,1", "1,1,1,1"), ()),
        (("1,0:00:05,1,1", "1,0:01:00,2,2"), ("--kind", "scale", "--x", "x")),
        (("1,1,1e99,1e99", "2,2,2,2"), ()),
        (("1,a,1,1", "1,b,2,2"), ("--where", "x=a", "--where", "x=b", "--by", "x", "--by", "x")),
    ],
)
def test_odd_data_is_drawn(rows: tuple[str, ...], words: tuple[str, ...], tmp_path: Path) -> None:
    assert "figure.svg is drawn" in _plot(_csv(tmp_path, *rows), *words)


def test_durations_are_seconds(tmp_path: Path) -> None:
    header = "num_client_procs,duration,latency.median_ms,start_throughput_1s.p90"
    file = _csv(tmp_path, "1,0:00:05,1,1", "1,0:01:00,2,2", header=header)
    _plot(file, "--kind", "scale", "--x", "duration")
    svg = (tmp_path / "figure.svg").read_text()
    assert "Duration (s)" in svg
    assert ">60</text>" in svg
    assert "drawn" in _plot(file, "--where", "duration=5s")


def test_a_legend_has_names_that_begin_with_an_underscore(tmp_path: Path) -> None:
    _plot(_csv(tmp_path, "1,_a,1,1", "2,_a,2,2", "1,_b,1,1", "2,_b,2,2"))
    svg = (tmp_path / "figure.svg").read_text()
    assert "_a</text>" in svg
    assert "_b</text>" in svg


def test_trials_that_are_not_drawn_are_named(tmp_path: Path) -> None:
    """A figure of a suite and of published results, of which one lacks the column, says so."""
    (suite,) = (RECORDED / "pilot_and_rerun").iterdir()
    file = _csv(tmp_path, "1,1,1,1", "1,1,1,1")
    text = _plot(file, more=suite)
    assert "note: all 2 trials of t.csv are left out: they lack a column that is drawn (see --x, --y)" in text
    svg = (tmp_path / "figure.svg").read_text()
    assert "2 trials" in svg
    assert "t.csv" not in svg
    text = _plot(_csv(tmp_path, "1,,1,1", "1,5,2,2", "1,6,3,3"), "--kind", "scale", "--x", "x")
    assert "note: 1 of 3 trials of t.csv are left out" in text


def test_the_same_results_twice_are_refused(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    file = _csv(tmp_path / "d", "1,1,1,1", name="results.csv")
    assert "is read twice: name these results once" in _plot(file, code=2, more=file.parent)


@pytest.mark.parametrize("values", [("True", "5"), ("1.5", "True"), ("1.5", "999999999999999999"), ("a", "1")])
def test_columns_of_different_types_are_stacked(values: tuple[str, str], tmp_path: Path) -> None:
    files = [_csv(tmp_path, f"1,{value},1,1", name=f"{n}.csv") for n, value in enumerate(values)]
    column = fpray.load(files).trials["x"].to_pylist()
    assert [str(value) for value in column] == list(values) or column == [float(value) for value in values]


def test_a_file_that_was_made_from_a_table_of_fpray_keeps_its_columns(tmp_path: Path) -> None:
    header = f"trial,status,loops,measured.throughput,{HEADER}"
    results = fpray.load(_csv(tmp_path, "007,crashed,3,12.5,1,1,1,1", header=header))
    (trial,) = results.trials.to_pylist()
    assert [trial[name] for name in ("trial", "status", "loops", "measured.throughput")] == ["007", "crashed", 3, 12.5]
    assert results.inputs == ["num_client_procs", "x"]
    with pytest.raises(fpray.Refused, match="has a column suite"):
        fpray.load(_csv(tmp_path, "a,1,1,1,1", header=f"suite,{HEADER}"))


@pytest.mark.parametrize("source", [None, 3, b"/tmp", [3]])
def test_what_is_no_path_is_refused(source: object) -> None:
    with pytest.raises(fpray.Refused):
        fpray.load(source)  # type: ignore[arg-type]


def test_a_link_with_an_endless_name_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("x" * 3000 + ".csv")
    with pytest.raises(fpray.Refused, match="holds only the name of another file") as refused:
        fpray.load(file)
    assert len(str(refused.value)) < 500


def _suite(tmp_path: Path) -> Path:
    (original,) = (RECORDED / "pilot_and_rerun").iterdir()
    return Path(shutil.copytree(original, tmp_path / "suite"))


def test_a_parameter_may_have_the_name_of_a_column_of_rows(tmp_path: Path) -> None:
    directory = tmp_path / "d"
    for trial in ("001", "002"):
        (directory / trial).mkdir(parents=True)
        (directory / trial / "data.csv").write_text(
            "start,stop,latency_nanos,host,port\n2020-07-02 18:50:43+00:00,2020-07-02 18:50:44+00:00,5,h,1\n"
        )
    _csv(directory, "a,1,1", "b,2,2", header="host,latency.median_ms,start_throughput_1s.p90", name="results.csv")
    rows = fpray.load(directory).recorder().to_table().to_pylist()
    assert [(row["trial"], row["params.host"], row["host"]) for row in rows] == [("001", "a", "h"), ("002", "b", "h")]


def test_damaged_rows_are_refused_and_only_those_of_the_trial_are_read(tmp_path: Path) -> None:
    suite = _suite(tmp_path)
    (suite / "002" / "events.json").write_text("[")
    (suite / "002" / "recorder.parquet").write_bytes(b"")
    words = ("--kind", "time", "--where", "trial=1")
    assert "drawn (time)" in _plot(suite, *words)
    file = suite / "001" / "recorder.parquet"
    data = bytearray(file.read_bytes())
    data[4:2000] = b"\xff" * 1996
    file.write_bytes(data)
    assert "cannot read the rows of this trial" in _plot(suite, *words, code=2)


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("stop", 1, "are more than a day apart, so the clock of a client was set"),
        ("start", -(2**62), "are more than a day apart, so the clock of a client was set"),
    ],
)
def test_a_clock_that_was_set_is_named(column: str, value: int, sentence: str, tmp_path: Path) -> None:
    suite = _suite(tmp_path)
    file = suite / "001" / "recorder.parquet"
    table = pq.read_table(file)
    place = table.schema.get_field_index(column)
    times = table[column].cast(pa.int64()).to_pylist()
    times[5] = value
    field = table.schema.field(place)
    pq.write_table(table.set_column(place, field, pa.array(times).cast(field.type)), file)
    text = _plot(suite, "--kind", "time", "--where", "trial=001", code=2)
    assert sentence in text or "a request was answered before the first one began" in text


def test_where_a_figure_is_written_is_named_before_anything_is_lost(tmp_path: Path) -> None:
    file = _csv(tmp_path, "1,1,1,1", "2,2,2,2")
    done = cli("plot", str(file), "-o", str(tmp_path / "none" / "f.png"))
    assert "cannot be written: No such file or directory: make the directory" in done.stderr
    assert cli("plot", str(file), "-o", str(tmp_path / "F.PNG")).exit_code == 0
    (tmp_path / "d.png").mkdir()
    assert "is no file: name another one" in cli("plot", str(file), "-o", str(tmp_path / "d.png")).stderr


def test_a_figure_without_a_name_is_called_after_its_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "lt v1.2"
    directory.mkdir()
    _csv(directory, "1,1,1,1", "2,2,2,2", name="results.csv")
    monkeypatch.chdir(directory)
    assert cli("plot", ".").exit_code == 0
    assert (directory / "lt_v1.2.png").is_file()
