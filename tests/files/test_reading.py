"""Parts of files of any size and content are read, and nothing of files that are missing."""

from __future__ import annotations

from pathlib import Path

from fpray.files.reading import tail


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
