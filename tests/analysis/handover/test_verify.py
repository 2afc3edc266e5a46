"""`fpray archive --verify`: what differs is named, and what fpray never writes is no archive."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import fpray
from fpray_analysis.handover.verify import verify
from tests.analysis.handover.archives import content_of
from tests.conftest import cli

pytestmark = pytest.mark.heavy

Change = Callable[[dict[str, bytes]], Any]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda content: content.pop("001/outcome.json"), "missing: 001/outcome.json"),
        (lambda content: content.update({"001/more.txt": b""}), "additional: 001/more.txt"),
        (lambda content: content.update({"results.csv": b"x"}), "changed: results.csv"),
    ],
)
def test_each_difference_is_reported(change: Change, line: str, file: Path, tmp_path: Path) -> None:
    assert "files are as they were archived" in cli("archive", "--verify", str(file)).stdout
    content = content_of(file, tmp_path / "there")
    change(content)
    other = _pack(tmp_path / "other.tar.zst", [(_info(f"top/{name}"), data) for name, data in content.items()])
    done = cli("archive", "--verify", str(other))
    assert (done.exit_code, done.stdout) == (1, f"{line}\n"), done.stderr


def _info(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def _pack(file: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    file.write_bytes(pa.Codec("zstd").compress(data.getvalue(), asbytes=True))
    return file


@pytest.mark.parametrize(
    ("info", "why"),
    [
        (_info("/etc/passwd"), "is a path that leads elsewhere"),
        (_info("top/../../x"), "is a path that leads elsewhere"),
        (_info("top"), "is a path that leads elsewhere"),
        (_info("top\\x"), "is a path that leads elsewhere"),
        (_info("top/\x1b[2J"), "is a path that leads elsewhere"),
        (_info("other/x"), "is not in its one directory"),
        (_info("top/a"), "is in it twice"),
        (_info("top/l", tarfile.SYMTYPE, "/etc/passwd"), "is a link or a special file"),
        (_info("top/l", tarfile.LNKTYPE, "top/a"), "is a link or a special file"),
        (_info("top/d", tarfile.CHRTYPE), "is a link or a special file"),
        (_info("top/f", tarfile.FIFOTYPE), "is a link or a special file"),
    ],
    ids=lambda value: repr(value.name) if isinstance(value, tarfile.TarInfo) else "",
)
def test_what_fpray_never_writes_is_no_archive(info: tarfile.TarInfo, why: str, tmp_path: Path) -> None:
    file = _pack(tmp_path / "a.tar.zst", [(_info("top/a"), b"x"), (info, b""), (_info("top/SHA256SUMS"), b"")])
    done = cli("archive", "--verify", str(file))
    assert done.exit_code == 2, done.stdout
    assert f"is no archive of fpray: {why}" in done.stderr or why in done.stderr
    assert "\x1b" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.zst"], "nothing was unpacked"


def test_a_small_file_that_stands_for_a_huge_one_is_no_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fpray_analysis.handover.verify._FREE_BYTES", 0)
    bomb = _pack(tmp_path / "a.tar.zst", [(_info("top/a"), bytes(200 << 20))])
    assert bomb.stat().st_size < 100_000
    with pytest.raises(fpray.Refused, match=r"unpacks to more than 2,000 times its size"):
        verify(bomb)
    info = _info(f"top/{'x' * 100_000}")
    with pytest.raises(fpray.Refused, match=r"a header in it has 100,\d+ bytes"):
        verify(_pack(tmp_path / "b.tar.zst", [(info, b"")]))


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x28\xb5\x2f\xfd"])
def test_no_archive_is_a_sentence(content: bytes, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    whole = file.read_bytes()
    for data in (content, whole[: len(whole) // 2], whole[:-100]):
        other.write_bytes(data)
        done = cli("archive", "--verify", str(other))
        assert done.exit_code == 2, data[:9]
        assert "is no archive of fpray" in done.stderr
        assert done.stderr.count("\n") == 1
    assert "it is a directory" in cli("archive", "--verify", str(tmp_path)).stderr
    assert "there is no such file" in cli("archive", "--verify", str(tmp_path / "none")).stderr


def test_words_that_make_no_sense_together_are_refused(file: Path) -> None:
    done = cli("archive", "x", "--without-rows", "--verify", str(file))
    assert done.exit_code == 2
    assert "SUITE, --without-rows has no meaning beside --verify FILE" in done.stderr
    assert "name a suite, or an archive with --verify FILE" in cli("archive").stderr
