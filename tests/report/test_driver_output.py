"""A driver's lines: on its terminal as long as it has one, and always in the suite."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from fpray.report.driver_output import DriverOutput


class _Closed(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError("the reader is gone")


def test_a_line_is_printed_and_logged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "driver.log").write_text("an earlier run\n")
    output = DriverOutput(tmp_path, None)
    output.say("a line")
    output.close()
    assert capsys.readouterr().err == "a line\n"
    assert (tmp_path / "driver.log").read_text()[output.begins_at :] == "a line\n"


def test_without_a_reader_lines_are_only_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = DriverOutput(tmp_path, None)
    monkeypatch.setattr("sys.stderr", _Closed())
    output.say("one")
    output.say("two")
    output.close()
    assert (tmp_path / "driver.log").read_text() == "one\ntwo\n"


def test_a_suite_that_cannot_be_written_has_no_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = DriverOutput(tmp_path / "gone", None)
    output.say("a line")
    output.close()
    assert capsys.readouterr().err == "a line\n"
