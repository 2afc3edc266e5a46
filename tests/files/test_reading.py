"""Parts of files of any size and content are read, and nothing of files that are missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fpray.files.reading import piece_of, pieces, tail
from tests.support.patience import LONG


def test_tail(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert tail(log) == ()
    log.write_bytes(b"")
    assert tail(log) == ()
    log.write_bytes(b"one\r\n\n  two\n\nthree")
    assert tail(log, 2) == ("  two", "three")
    assert tail(log, 0) == ()
    log.write_bytes(b"a\n\xff\x00\x1b[31mred\tx\n")
    assert tail(log) == ("a", "\\xff\\x00red\tx")
    log.write_bytes(b"x" * 10_000_000 + b"\nlast\n")
    cut, last = tail(log)
    assert last == "last"
    assert len(cut) < 1100
    assert tail(tmp_path) == ()


@pytest.mark.timeout(LONG)
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A suite from elsewhere may have one in the place of a log."""
    os.mkfifo(pipe := tmp_path / "log")
    assert tail(pipe) == ()
    assert pieces(pipe) == []
    assert piece_of(pipe, 0) == b""
