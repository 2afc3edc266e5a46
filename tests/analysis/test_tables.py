"""Tables of a suite that cannot be read: what is wrong, in a sentence about reading."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import fpray
import fpray_analysis

RECORDED = Path(__file__).parents[1] / "recorded" / "suites" / "search"


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (original,) = (path for path in RECORDED.iterdir() if path.is_dir())
    shutil.copytree(original, tmp_path / "suite")
    return tmp_path / "suite"


def test_reading_what_is_not_there_is_a_sentence_about_reading(suite: Path, tmp_path: Path) -> None:
    """E13: `fpray_analysis.recorder(suite, "x")`: no such trial, in words, and not that nothing was started."""
    with pytest.raises(fpray.Refused, match=r"has no such trial; its trials are 001 to 004") as refused:
        fpray_analysis.recorder(str(suite), "x")
    assert "started" not in str(refused.value)
    (suite / "001" / "recorder.parquet").write_bytes(b"PAR1")
    (suite / "results.parquet").write_bytes(b"")
    with pytest.raises(fpray.Refused, match=r"recorder.parquet is damaged"):
        fpray_analysis.recorder(str(suite), 1)
    with pytest.raises(fpray.Refused, match=r"results.parquet is damaged"):
        fpray_analysis.results(str(suite))


def test_a_directory_of_frankenpaxos_is_named_as_one(tmp_path: Path) -> None:
    """F3: a function that only reads does not say that nothing was started; it says what the directory is."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "results.csv").write_text("a,b\r\n1,2\r\n")
    with pytest.raises(fpray.Refused) as refused:
        fpray_analysis.results(str(tmp_path / "d"))
    assert (
        "is not a suite (directory of results) of fpray, because it has no suite.json. Its results.csv is one"
        " of FrankenPaxos"
    ) in str(refused.value)
    assert "started" not in str(refused.value)
