"""A report and its figures say what limited the trials, where a suite says it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from fpray.store.bottleneck import Bottleneck, Kind
from tests.analysis.report.reading import ReadPage
from tests.conftest import cli

pytestmark = pytest.mark.heavy

SEARCH = Path(__file__).parents[2] / "recorded" / "suites" / "search"


def test_a_report_says_what_limited_each_trial(tmp_path: Path) -> None:
    suite, output = tmp_path / "suite", tmp_path / "report.html"
    shutil.copytree(next(path for path in SEARCH.iterdir() if path.is_dir()), suite)
    assert cli("report", str(suite), "-o", str(output)).exit_code == 0
    assert "limited by" not in ReadPage(output).text
    outcome = json.loads((suite / "002" / "outcome.json").read_text())
    outcome["results"] |= Bottleneck(Kind.THREAD, "server", "server", 0.94, 0.95).columns()
    (suite / "002" / "outcome.json").write_text(json.dumps(outcome))
    assert cli("report", str(suite), "-o", str(output)).exit_code == 0
    page = ReadPage(output)
    column = page.rows[0].index("limited by")
    assert {row[0]: row[column] for row in page.rows[1:]}["002"] == "a thread of server, 94%"
    assert page.rows[1][column] == "-"
    assert "limited by a thread of server (1 trial)" in page.figures()[-1]["caption"]
    blocks = [block.get("text") for details in page.details() for block in details]
    assert "limited by a thread of server (94%)" in blocks
    assert "bottleneck." not in json.dumps(page.details())
