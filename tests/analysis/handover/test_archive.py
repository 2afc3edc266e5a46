"""`fpray archive`: what a reviewer gets can be checked, loaded and drawn, and names neither homes nor secrets."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import fpray
from fpray.recorder.parquet_reader import RowGroups
from fpray.store.suite import Suite
from fpray_analysis.handover.archive import archive
from tests.analysis.handover.archives import HOME, content_of, unpack
from tests.conftest import cli
from tests.data.published_files import FILES, write_results

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("rows", [True, False])
def test_it_is_loaded_shown_and_drawn_after_unpacking(
    rows: bool, suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = archive(suite, output=tmp_path / "a.tar.zst", rows=rows).path
    top = unpack(file, tmp_path / "there")
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
    content = content_of(file, tmp_path / "there")
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
    second = archive(suite, output=tmp_path / "b.tar.zst", home=Path(HOME))
    assert second.path.read_bytes() == file.read_bytes()
    assert second.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
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
    result = archive(suite, output=tmp_path / "a.tar.zst", home=Path(HOME))
    content = content_of(result.path, tmp_path / "there")
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
    assert result.replaced["001/server_out.txt"] >= 12
    assert f"At {sum(result.replaced.values())} places in {len(result.replaced)} files" in content["README.md"].decode()
    assert not any(name.endswith("suite.lock") for name in content)


def test_a_table_of_rows_keeps_its_groups(suite: Path, tmp_path: Path) -> None:
    """The footer has an entry for each group of rows, by which fpray finds the rows of a client."""
    path = suite / "001" / "recorder.parquet"
    source = pq.ParquetFile(path)
    original, field = source.read(), source.schema_arrow.field("label")
    with pq.ParquetWriter(path.with_name("new"), source.schema_arrow.remove_metadata()) as writer:
        entries = source.metadata.metadata
        writer.add_key_value_metadata({key: value for key, value in entries.items() if key != b"ARROW:schema"})
        for number in range(source.num_row_groups):
            table = source.read_row_group(number)
            labels = pa.array([f"{HOME}/label"] * table.num_rows).dictionary_encode()
            writer.write_table(table.set_column(4, field, labels))
    path.with_name("new").replace(path)
    file = archive(suite, output=tmp_path / "a.tar.zst", home=Path(HOME)).path
    copy = unpack(file, tmp_path / "there") / "001" / "recorder.parquet"
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
    top = unpack(archive(results, output=tmp_path / "a.tar.zst").path, tmp_path / "there")
    assert top.name == "lt_results"
    assert fpray.load(top).trials.num_rows == 2


def test_an_archive_of_what_was_unpacked_is_the_same(file: Path, tmp_path: Path) -> None:
    top = unpack(file, tmp_path / "there")
    second = content_of(archive(top, output=tmp_path / "b.tar.zst", home=Path(HOME)).path, tmp_path / "second")
    content = {str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*") if path.is_file()}
    changed = {"README.md", "SHA256SUMS"}  # it says that nothing was replaced
    assert {n: d for n, d in second.items() if n not in changed} == {
        n: d for n, d in content.items() if n not in changed
    }
