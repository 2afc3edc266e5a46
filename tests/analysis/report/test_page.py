"""`fpray report`: what the page has, in which words, and what is refused; read without a browser."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.analysis.report.reading import ReadPage
from tests.analysis.report.strange_suite import ATTACKS, strange_suite
from tests.analysis.test_other_systems import _bare
from tests.conftest import cli

pytestmark = pytest.mark.heavy

RECORDED = Path(__file__).parents[2] / "recorded" / "suites"
PUBLISHED = (
    "num_client_procs,flag,latency.median_ms,latency.p99_ms,start_throughput_1s.p90\n1,True,1,2,100\n2,True,3,4,150\n"
)


def recorded(kind: str) -> Path:
    (path,) = (path for path in (RECORDED / kind).iterdir() if path.is_dir())
    return path


def report(output: Path, *suites: Path, code: int = 0) -> str:
    """Run the command; returns what it says."""
    done = cli("report", *map(str, suites), "-o", str(output))
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "report.html"


def test_the_table_has_what_show_has_and_failures_first(output: Path) -> None:
    suite = recorded("sweep_with_a_crash")
    assert "report.html is written (2 trials, 2." in report(output, suite)
    page = ReadPage(output)
    head, first, second = page.rows
    assert first[:2] == ["002", "crashed"]
    assert second[:2] == ["001", "finished"]
    cells = dict(zip(head, second, strict=True))
    text = cli("show", str(suite)).output
    for name in ("jvm_heap_size", "throughput /s", "median ms", "p99 ms"):
        assert name in text
        assert cells[name] in text
    assert "crashed: server exited with 1 after 0.0 s, before it listened" in page.text
    assert "Invalid initial heap size: -Xms100f" in page.text
    for words in ("AMD EPYC", "reference 0.1.0 (sha e829bd24)", "fpray sweep unreplicated", "1 finished, 1 crashed"):
        assert words in page.text


def test_the_details_of_a_trial(output: Path) -> None:
    report(output, recorded("sweep_with_a_crash"))
    failure, success = ReadPage(output).details()
    titles = [block["title"] for block in success]
    assert titles[:4] == ["", "processes", "phases", "events"]
    assert success[1]["rows"][0][:4] == ["server", "127.0.0.1", success[1]["rows"][0][2], "stopped"]
    assert ["measuring", 0.1529, "0.153 s"] in success[2]["bar"]
    assert success[3]["rows"][-1] == ["0.622", "phase", "", "waiting for servers to stop"]
    assert any(title.startswith("the end of client_0_") for title in titles)
    assert ["measured.throughput", "33,360", "Throughput (requests/s)"] in [
        row for block in success if block["title"].startswith("measured (") for row in block["rows"]
    ]
    assert failure[0]["text"] == "crashed after 0 s: server exited with 1 after 0.0 s, before it listened"
    assert {"title": "last lines of server", "lines": ["Invalid initial heap size: -Xms100f"]} in failure


def test_a_search_has_its_answer_and_its_figures(output: Path) -> None:
    suite = recorded("search")
    report(output, suite)
    page = ReadPage(output)
    for sentence in json.loads((suite / "answer.json").read_text())["sentences"]:
        assert sentence in page.text
    titles = [chart["title"] for chart in page.figures()]
    assert titles == [
        "Path of the search", "What the bound costs", "Along num_clients_per_proc", "Median latency over throughput"
    ]  # fmt: skip
    words = page.figures()[0]["series"][0]["points"][0]["words"]
    assert words[0] == "trial 001"
    assert words[1].startswith("Throughput (requests/s): ")


def test_a_figure_has_values_with_units_trials_and_doubts(tmp_path: Path, output: Path) -> None:
    suite = tmp_path / "suite"
    shutil.copytree(recorded("search"), suite)
    outcome = json.loads((suite / "002" / "outcome.json").read_text()) | {"doubts": ["a machine was busy"]}
    (suite / "002" / "outcome.json").write_text(json.dumps(outcome))
    report(output, suite)
    page = ReadPage(output)
    chart = page.figures()[-1]
    assert (chart["x"], chart["y"]) == ("Throughput (requests/s)", "Median latency (ms)")
    assert "1 of these trials with doubts (hollow markers)" in chart["caption"]
    (doubted,) = (point for series in chart["series"] for point in series["points"] if point["doubts"])
    assert doubted["words"][-1] == "1 trial with doubts"
    assert {page.rows[1 + place][0] for place in doubted["trials"]} == {"002", "003"}
    assert "a machine was busy" in page.text
    assert "4 trials, 1 with doubts" in page.text


def test_results_that_were_published(tmp_path: Path, output: Path) -> None:
    file = tmp_path / "results.csv"
    file.write_text(PUBLISHED)
    assert "note: FrankenPaxos does not write down the closed loops" in report(output, file)
    page = ReadPage(output)
    assert page.rows[0][-3:] == ["start_throughput_1s.p90", "latency.median_ms", "latency.p99_ms"]
    assert page.rows[1][-3:] == ["100", "1", "2"]
    directory = tmp_path / "theirs" / "001"
    directory.mkdir(parents=True)
    shutil.copy(file, directory.parent)
    (directory / "client_0_cmd.txt").write_text("java")
    (directory / "client_0_err.txt").write_text("the last line\n")
    report(output, directory.parent, file)
    page = ReadPage(output)
    assert page.rows[0][3] == "suite"
    titles = {block["title"]: block for block in page.details()[0]}
    assert titles["the end of client_0_err.txt"]["lines"] == ["the last line"]


def test_a_sweep_that_runs(tmp_path: Path, output: Path) -> None:
    """A trial without an outcome is unfinished, and has what is there of it."""
    suite = tmp_path / "suite"
    shutil.copytree(recorded("sweep_with_a_crash"), suite)
    (suite / "001" / "outcome.json").unlink()
    assert "no trial of these suites has finished" in report(output, suite)
    page = ReadPage(output)
    assert [row[:2] for row in page.rows[1:]] == [["002", "crashed"], ["001", "unfinished"]]
    assert "1 crashed, 1 to go (to continue, run fpray sweep unreplicated" in page.text
    (suite / "002" / "plan.json").write_text("{")
    report(output, suite)
    (sentence,) = (b["text"] for b in ReadPage(output).details()[0] if b["title"] == "not readable")
    assert "002/plan.json is damaged" in sentence


def test_what_is_refused(tmp_path: Path, output: Path) -> None:
    suite = recorded("search")
    output.write_text("<p>mine</p>")
    assert "is a file that no fpray report has written" in report(output, suite, code=2)
    assert output.read_text() == "<p>mine</p>"
    assert "must end in .html or .htm" in report(tmp_path / "a.pdf", suite, code=2)
    assert "is no file" in report(tmp_path.rename(tmp_path.with_suffix(".html")), suite, code=2)
    missing = Path("/nowhere/report.html")
    assert "make the directory /nowhere first" in report(missing, suite, code=2)
    assert "is not a suite" in report(Path("/nowhere.html"), Path("/nowhere"), code=2)


def test_a_report_takes_the_place_of_an_earlier_one(output: Path) -> None:
    for _ in range(2):
        report(output, recorded("sweep_with_a_crash"))


def test_nothing_of_a_suite_is_an_element(tmp_path: Path, output: Path) -> None:
    """The elements are those of a harmless suite: whatever is in a suite is text."""
    report(output, strange_suite(tmp_path))
    page = ReadPage(output)
    names = {name for name, _ in page.elements}
    assert not names & {"img", "svg", "iframe", "object", "embed", "link", "base"}
    attributes = {name for _, own in page.elements for name in own}
    assert not [name for name in attributes if name.startswith("on") or name in ("src", "srcdoc", "action", "style")]
    assert all((own.get("href") or "#").startswith("#") for _, own in page.elements)
    scripts = sum(name == "script" for name, _ in page.elements)
    assert page.source.count("<script") == page.source.count("</script>") == scripts
    assert not {*"\u202e\u2066\u200b\x00\x1b\u2028"} & {*page.source}
    assert ATTACKS[0] in page.text
    assert "49" not in [cell for row in page.rows for cell in row]
    lines = [line for trial in page.details() for block in trial for line in block.get("lines", ())]
    assert max(map(len, lines)) <= 1000


def test_the_policy_comes_first_and_allows_no_network(output: Path) -> None:
    report(output, recorded("search"))
    page = ReadPage(output)
    (policy,) = (own["content"] for name, own in page.elements if own.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert [name for name, _ in page.elements[:5]] == ["html", "head", "meta", "meta", "meta"]
    assert "http://" not in page.source.replace("http://www.w3.org", "").split("<footer>")[0]
    assert "MIT" in page.text


def test_a_report_needs_nothing_that_only_linux_has(output: Path) -> None:
    words = ["report", str(recorded("search")), str(recorded("sweep_with_a_crash")), "-o", str(output)]
    assert "is written (6 trials" in _bare(f"from fpray.cli.main import main; main({words!r}, standalone_mode=False)")
