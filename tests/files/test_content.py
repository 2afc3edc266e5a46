"""What comes from outside is read within bounds: encoding, size, depth, digits, aliases, repeated keys."""

from __future__ import annotations

import codecs
import json
import os
from pathlib import Path

import pytest

from fpray.files.content import BY_FPRAY, BY_USERS, Bounds, Unreadable, json_value, read_json_file, yaml_value

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
MERGES = "m0: &m0 {k0: 1}\n" + "".join(
    f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 10)}], k{n}: 1}}\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\xff\xfe{", "must be UTF-8 text, but byte 1 is 0xff"),
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a": 1, "a": 2}', "the key 'a' occurs twice"),
        (b'{"a": NaN}', "finite numbers, such as 1.5, and not NaN"),
        (b"[" * 3000 + b"]" * 3000, "more than 50 levels deep"),
        (b"[" * 60 + b"]" * 60, "more than 50 levels deep"),
        (b"[" * 100_000, "more than 50 levels deep"),
        (b"[" + b"1" * 5000 + b"]", "not JSON: Exceeds the limit"),
        (b"[" + b"1," * 250_000 + b"1]", "more than 200,000 values"),
        (b" " * 4_100_000, "more than 4 MB"),
        (b'{"a": "\0"}', "not JSON"),
    ],
)
def test_a_json_file_beyond_a_bound_is_refused_in_a_sentence(data: bytes, sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(data)
    with pytest.raises(Unreadable, match=sentence):
        read_json_file(file, BY_USERS)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: [", "its YAML has a mistake in line "),
        ("a: 2026-99-99", "not YAML"),
        ("a: *b", "its YAML has a mistake in line "),
        ("a: 1\na: 2\n", "the key 'a' occurs twice"),
        ("a: " + "1" * 5000, "not YAML"),
        ("a: \0", "not YAML"),
        ("!!python/object/apply:os.system [ls]", "its YAML has a mistake in line "),
        ("? [a, b]\n: 1\n", "its YAML has a mistake in line "),
        ("[" * 3000 + "]" * 3000, "more than 50 levels deep"),
        ("&a [*a]", "more than 50 levels deep"),
        ("a: 1\n---\nb: 2\n", "its YAML has a mistake in line "),
        (BOMB, "YAML aliases \\(\\*name\\) stand for more than 200,000 values"),
        (MERGES, "YAML aliases \\(\\*name\\) stand for more than 200,000 values"),
    ],
)
def test_yaml_beyond_a_bound_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(Unreadable, match=sentence) as refused:
        yaml_value(text, BY_USERS)
    assert len(str(refused.value)) < 400


def test_merges_and_few_aliases_are_read() -> None:
    text = "base: &b {x: 1, y: 2}\none: {<<: *b, y: 3}\ntwo: *b\n"
    assert yaml_value(text, BY_USERS) == {
        "base": {"x": 1, "y": 2}, "one": {"x": 1, "y": 3}, "two": {"x": 1, "y": 2}
    }  # fmt: skip


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b"\xef\xbb\xbf[1]")
    assert read_json_file(file, BY_USERS) == [1]


def test_a_directory_is_no_file_and_a_pipe_is_one_of_users_only(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="directory"):
        read_json_file(tmp_path, BY_USERS)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Unreadable, match="not an ordinary file"):
        read_json_file(tmp_path / "pipe", BY_FPRAY)
    out, into = os.pipe()
    os.write(into, b'{"a": 1}')
    os.close(into)
    try:
        assert read_json_file(Path(f"/dev/fd/{out}"), BY_USERS) == {"a": 1}
    finally:
        os.close(out)
    with pytest.raises(Unreadable, match="more than 4 MB"):
        read_json_file(Path("/dev/zero"), BY_USERS)


def test_what_fpray_wrote_may_hold_what_json_lacks() -> None:
    value = json_value('{"a": Infinity}', BY_FPRAY)
    assert value == {"a": float("inf")}
    with pytest.raises(Unreadable, match="levels deep"):
        json_value("[[[]]]", Bounds(100, depth=2))


@pytest.mark.parametrize("length", [0, 1, (1 << 20) - 2, 1 << 20, 3 << 20])
def test_a_file_of_any_length_is_read_whole(tmp_path: Path, length: int) -> None:
    (tmp_path / "a.json").write_bytes(codecs.BOM_UTF8 + json.dumps("x" * length).encode())
    assert read_json_file(tmp_path / "a.json", BY_FPRAY) == "x" * length
