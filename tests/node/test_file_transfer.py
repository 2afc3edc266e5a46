"""Files travel in pieces, and all of them arrive."""

from __future__ import annotations

from pathlib import Path

import pytest

from fpray.errors import Lost
from fpray.node.file_transfer import read_chunk


def test_files_come_in_pieces_and_none_is_left_out(tmp_path: Path) -> None:
    files = {
        "a": b"12345678",
        "b": b"",
        "c": b"0123456789" * 2 + b"x",
        "d/e": b"deep",
        "config": b"not this",
        ".owner": b"",
    }
    (tmp_path / "d").mkdir()
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    come: dict[str, bytes] = {}
    whole, begin, chunks = set(), None, 0
    while True:
        one = read_chunk(str(tmp_path), ["config"], begin, size=10)
        chunks += 1
        for name, offset, content, ends in one.pieces:
            assert len(come.setdefault(name, b"")) == offset
            come[name] += content
            whole |= {name} if ends else set()
        if (begin := one.following) is None:
            break
    assert come == {name: content for name, content in files.items() if name in ("a", "b", "c", "d/e")}
    assert whole == set(come)
    assert chunks == 4
    with pytest.raises(Lost, match="cannot be copied"):
        read_chunk(str(tmp_path / "gone"), [], None)
