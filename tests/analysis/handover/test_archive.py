"""`fpray archive`: what a reviewer gets can be checked, loaded and drawn, and names neither homes nor secrets."""

from __future__ import annotations

import hashlib
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import fpray
from fpray.recorder.parquet_reader import RowGroups
from fpray.store.suite import Suite
from fpray_analysis.handover.archive import archive
from fpray_analysis.handover.verify import verify
from tests.conftest import cli
from tests.data.published_files import FILES, write_results

pytestmark = pytest.mark.heavy

RECORDED = Path(__file__).parents[2] / "recorded" / "suites"
HOME = "/home/alicia"


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (original,) = (RECORDED / "pilot_and_rerun").iterdir()
    return Path(shutil.copytree(original, tmp_path / original.name))


@pytest.fixture
def file(suite: Path, tmp_path: Path) -> Path:
    return archive(suite, output=tmp_path / "a.tar.zst", home=Path(HOME)).path


def _unpack(file: Path, place: Path) -> Path:
    place.mkdir()
    with pa.CompressedInputStream(str(file), "zstd") as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        tar.extractall(place, filter="data")
    (top,) = place.iterdir()
    return top


def _content(file: Path, place: Path) -> dict[str, bytes]:
    top = _unpack(file, place)
    return {str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*") if path.is_file()}


@pytest.mark.parametrize("rows", [True, False])
def test_it_is_loaded_shown_and_drawn_after_unpacking(
    rows: bool, suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = archive(suite, output=tmp_path / "a.tar.zst", rows=rows).path
    top = _unpack(file, tmp_path / "there")
    names = ["trial", "repeat", "status", "measured.throughput", "latency.median_ms", "start_throughput_1s.p90"]
    sides = [fpray.load(path).trials.select(names).sort_by("trial").to_pylist() for path in (suite, top)]
    assert sides[0] == sides[1]
    monkeypatch.chdir(top)
    readme = (top / "README.md").read_text()
    (command,) = (line for line in readme.splitlines() if line.startswith("fpray plot "))
    done = cli(*command.split()[1:])
    assert done.exit_code == 0, done.stderr
    assert (top / "figure.pdf").read_bytes().startswith(b"%PDF")
    assert cli("show", ".").exit_code == cli("show", "./001").exit_code == 0
    assert (top / "001" / "recorder.parquet").exists() is rows
    assert ("rows that clients recorded are left out" in readme) is not rows
    if rows:
        assert fpray.load(top).recorder().count_rows() == fpray.load(suite).recorder().count_rows()


def test_other_tools_check_it(file: Path, tmp_path: Path) -> None:
    """`tar --zstd -xf` and `sha256sum -c`, where they are installed: the hashes themselves in any case."""
    content = _content(file, tmp_path / "there")
    lines = content.pop("SHA256SUMS").decode().splitlines()
    assert {line[66:]: line[:64] for line in lines} == {
        name: hashlib.sha256(data).hexdigest() for name, data in content.items()
    }
    if shutil.which("zstd") and shutil.which("sha256sum"):
        place = tmp_path / "by tools"
        place.mkdir()
        subprocess.run(["tar", "--zstd", "-xf", str(file)], cwd=place, check=True)
        (top,) = place.iterdir()
        subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=top, check=True)


def test_the_same_suite_gives_the_same_bytes(suite: Path, file: Path, tmp_path: Path) -> None:
    """Whenever and by whichever user it is made."""
    for path in suite.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o700)
    again = archive(suite, output=tmp_path / "b.tar.zst", home=Path(HOME))
    assert again.path.read_bytes() == file.read_bytes()
    assert again.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    with pa.CompressedInputStream(str(file), "zstd") as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        headers = [(info.uid, info.gid, info.uname, info.gname, info.mode) for info in tar]
    assert {*headers} == {(0, 0, "", "", 0o644)}


def _with_home(suite: Path) -> None:
    """A suite as that of a user at home, in text, JSON, arguments, logs and tables."""
    record = json.loads((suite / "suite.json").read_text())
    record["provenance"] |= {
        "directory": f"{HOME}/work",
        "checkout": {"path": f"{HOME}/paper"},
        "fpray_checkout": {"path": "/opt/src/fpray"},
    }
    record["jar"]["path"] = f"{HOME}/jars/a.jar"
    (suite / "suite.json").write_text(json.dumps(record))
    log = suite / "001" / "server_out.txt"
    lines = [
        f"-cp {HOME}/a.jar:{HOME}/b.jar -I{HOME}/include {suite}/001/x /opt/src/fpray/y {HOME}/work/z {HOME}/paper/p",
        "/mnt/nfs/home/alicia/x file:///home/alicia/y /Users/alicia/z /root/.cache C:\\Users\\alicia\\q",
        f"{HOME}2/x https://example.org/home/page /homework/a {HOME}.tar",
    ]
    log.write_bytes("\n".join(lines).encode() + b"\n\xff not UTF-8\n")
    table = pq.read_table(suite / "results.parquet")
    details = pa.array([f"see {HOME}/log"] * table.num_rows)
    table = table.set_column(table.column_names.index("detail"), "detail", details)
    pq.write_table(table.replace_schema_metadata({"made in": f"{HOME}/x"}), suite / "results.parquet")


def test_no_directory_of_the_author_is_in_it(suite: Path, tmp_path: Path) -> None:
    _with_home(suite)
    made = archive(suite, output=tmp_path / "a.tar.zst", home=Path(HOME))
    content = _content(made.path, tmp_path / "there")
    for name, data in content.items():
        for text in (HOME, str(suite), "/opt/src", "/root", "Users"):
            assert text.encode() not in data, name
    lines = content["001/server_out.txt"].split(b"\n")
    assert lines[0] == b"-cp ~/a.jar:~/b.jar -I~/include SUITE/001/x FPRAY_CHECKOUT/y WORKING_DIRECTORY/z CHECKOUT/p"
    assert lines[1] == b"~/x file://~/y ~/z ~/.cache ~\\q"
    assert lines[2] == b"~/x https://example.org/home/page /homework/a ~"
    assert lines[3] == b"\xff not UTF-8"
    table = pq.read_table(pa.BufferReader(content["results.parquet"]))
    assert set(table["detail"].to_pylist()) == {"see ~/log"}
    assert table.schema.metadata == {b"made in": b"~/x"}
    assert json.loads(content["suite.json"])["provenance"]["directory"] == "WORKING_DIRECTORY"
    assert b"SUITE/001" in content["001/client_0_cmd.txt"], "also where the suite was elsewhere when it ran"
    assert made.replaced["001/server_out.txt"] >= 12
    assert f"At {sum(made.replaced.values())} places in {len(made.replaced)} files" in content["README.md"].decode()
    assert not any(name.endswith("suite.lock") for name in content)


def test_a_table_of_rows_keeps_its_groups(suite: Path, tmp_path: Path) -> None:
    """The footer has an entry for each group of rows, by which fpray finds the rows of a client."""
    path = suite / "001" / "recorder.parquet"
    original = pq.read_table(path)
    labels = pa.array([f"{HOME}/label"] * original.num_rows).dictionary_encode()
    metadata = pq.read_metadata(path).metadata
    schema = original.schema.with_metadata({k: v for k, v in metadata.items() if k != b"ARROW:schema"})
    with pq.ParquetWriter(path, schema) as writer:
        writer.write_table(original.set_column(4, original.schema.field(4), labels).cast(schema))
    file = archive(suite, output=tmp_path / "a.tar.zst", home=Path(HOME)).path
    copy = _unpack(file, tmp_path / "there") / "001" / "recorder.parquet"
    table = pq.read_table(copy)
    assert table["label"].unique().to_pylist() == ["~/label"]
    assert table.drop_columns("label").equals(original.drop_columns("label"))
    assert len(RowGroups(copy, pq.read_metadata(copy)).groups) == pq.read_metadata(path).num_row_groups


SECRETS = {
    "a private key": "-----BEGIN OPENSSH PRIVATE KEY-----",
    "a key of AWS": "id AKIAABCDEFGHIJKLMNOP",
    "a token of GitHub": f"ghp_{'a1' * 18}",
    "a hook of a chat": "https://hooks.slack.com/services/T00/B00",
    "a password in an address": "postgresql://me:hunter22@db/x",
    "a password": '"aws_secret_access_key": "abcdefghij"',
}


@pytest.mark.parametrize("kind", SECRETS)
def test_what_looks_like_a_secret_is_named_before_anything_is_written(kind: str, suite: Path, tmp_path: Path) -> None:
    log = suite / "001" / "server_out.txt"
    log.write_text(f"fine\n{SECRETS[kind]}\n")
    output = tmp_path / "a.tar.zst"
    done = cli("archive", str(suite), "-o", str(output))
    assert done.exit_code == 2
    assert f"001/server_out.txt: line 2 looks as if it held {kind}" in done.stderr
    assert SECRETS[kind][6:] not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [suite.name], "nothing is left"
    done = cli("archive", str(suite), "-o", str(output), "--accept", "001/server_out.txt")
    assert done.exit_code == 0, done.stderr
    assert "handed over as they are: 001/server_out.txt" in done.stderr


def test_what_only_resembles_a_secret_is_no_problem(suite: Path, tmp_path: Path) -> None:
    texts = ["postgresql://me:***@db/x", "password: ***", "secret=None", "the token bucket: 5", "password=env:X"]
    (suite / "001" / "server_out.txt").write_text("\n".join(texts))
    assert cli("archive", str(suite), "-o", str(tmp_path / "a.tar.zst")).exit_code == 0


def test_a_file_that_cannot_be_changed_is_named(suite: Path, tmp_path: Path) -> None:
    (suite / "core").write_bytes(b"\0\0" + f"{HOME}/secret".encode())
    with pytest.raises(fpray.Refused, match=r"core is no text, and names the home directory /home/alicia"):
        archive(suite, output=tmp_path / "a.tar.zst", home=Path(HOME))
    archive(suite, output=tmp_path / "a.tar.zst", home=Path(HOME), accept=["core"])


def test_a_suite_that_runs_is_refused(suite: Path, tmp_path: Path) -> None:
    with Suite(suite).held():
        done = cli("archive", str(suite), "-o", str(tmp_path / "a.tar.zst"))
    assert done.exit_code == 2
    assert "is not archived while it changes, because" in done.stderr


@pytest.mark.parametrize("name", ["suite.json", "001/trial.json", "001/outcome.json", "001/events.json",
                                  "001/recorder.parquet", "results.parquet"])  # fmt: skip
def test_a_damaged_suite_is_refused(name: str, suite: Path, tmp_path: Path) -> None:
    (suite / name).write_bytes(b"{")
    done = cli("archive", str(suite), "-o", str(tmp_path / "a.tar.zst"))
    assert done.exit_code == 2
    assert f"{name} is damaged" in done.stderr
    assert not (tmp_path / "a.tar.zst").exists()


def test_links_and_special_files_are_refused(suite: Path, tmp_path: Path) -> None:
    (suite / "001" / "link").symlink_to("/etc/passwd")
    os.mkfifo(suite / "002" / "pipe")
    (suite / "new\nline").write_text("")
    done = cli("archive", str(suite), "-o", str(tmp_path / "a.tar.zst"))
    assert done.exit_code == 2
    assert done.stderr.count("is a link or a special file, which an archive cannot hold") == 2
    assert "has a name with characters that a list of hashes cannot hold" in done.stderr


def test_a_full_disk_is_a_sentence_and_leaves_no_file(suite: Path, tmp_path: Path) -> None:
    words = ["archive", str(suite), "-o", str(tmp_path / "a.tar.zst")]
    code = f"from fpray.cli.main import main; main({words!r})"
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))  # noqa: E731
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, preexec_fn=limit)
    assert done.returncode == 2, done.stderr
    assert "a.tar.zst cannot be written: File too large" in done.stderr
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == [suite.name]


def test_results_of_frankenpaxos_are_archived(tmp_path: Path) -> None:
    results = write_results(tmp_path / "lt_results.csv", FILES["nsdi_fig1_lt_epaxos_results.csv"])
    top = _unpack(archive(results, output=tmp_path / "a.tar.zst").path, tmp_path / "there")
    assert top.name == "lt_results"
    assert fpray.load(top).trials.num_rows == 2


def test_an_archive_of_what_was_unpacked_is_the_same(file: Path, tmp_path: Path) -> None:
    top = _unpack(file, tmp_path / "there")
    again = _content(archive(top, output=tmp_path / "b.tar.zst", home=Path(HOME)).path, tmp_path / "again")
    content = {str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*") if path.is_file()}
    changed = {"README.md", "SHA256SUMS"}  # it says that nothing was replaced
    assert {n: d for n, d in again.items() if n not in changed} == {
        n: d for n, d in content.items() if n not in changed
    }


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
    content = _content(file, tmp_path / "there")
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
