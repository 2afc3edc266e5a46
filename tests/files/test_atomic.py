"""A file is the old one or the whole new one, whatever its content and however many write it."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from fpray.errors import FprayError
from fpray.files.atomic import append_text, replacing, write_json, write_text
from fpray.files.suite_file import read_suite_file


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(AttributeError):
        write_text(tmp_path / "f", 3)  # type: ignore[arg-type]
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_text(tmp_path / "taken", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def _write_half(path: Path) -> None:
    with replacing(path) as partial:
        Path(partial).write_text("new")
        raise FileNotFoundError


def test_a_block_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    with replacing(tmp_path / "f") as partial:
        Path(partial).write_text("old")
        assert not (tmp_path / "f").exists()
    with pytest.raises(FileNotFoundError):
        _write_half(tmp_path / "f")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_others_may_read_what_is_written(tmp_path: Path) -> None:
    write_text(tmp_path / "f", "x")
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o644


def test_arguments_that_are_no_utf8_are_written_as_they_are(tmp_path: Path) -> None:
    write_text(str(tmp_path / "f"), b"caf\xe9".decode(errors="surrogateescape"))
    assert (tmp_path / "f").read_bytes() == b"caf\xe9"


def test_threads_that_write_one_file_leave_one_of_their_texts(tmp_path: Path) -> None:
    texts = [letter * 100_000 for letter in "abcd"]
    threads = [threading.Thread(target=write_text, args=(tmp_path / "f", text)) for text in texts for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "f").read_text() in texts
    assert len(list(tmp_path.iterdir())) == 1


def test_lines_are_added_at_the_end(tmp_path: Path) -> None:
    for line in ("one\n", "two\n"):
        append_text(tmp_path / "log", line)
    assert (tmp_path / "log").read_text() == "one\ntwo\n"


@pytest.mark.parametrize("value", [{}, [], {"a": 1, "b": [1, 2]}, [{"a": None}, 2], "text", None])
def test_json_is_read_as_it_was_written_an_entry_on_each_line(tmp_path: Path, value: object) -> None:
    write_json(tmp_path / "f.json", value)
    entries = len(value) if isinstance(value, dict | list) else 0
    assert (tmp_path / "f.json").read_text().count("\n") == (entries + 2 if entries else 1)
    assert json.loads((tmp_path / "f.json").read_text()) == value


def test_a_missing_json_file_is_none_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    assert read_suite_file(tmp_path / "none.json", dict) is None
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(FprayError, match=r"bad\.json +is damaged"):
        read_suite_file(tmp_path / "bad.json", dict)
