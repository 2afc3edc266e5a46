"""Where files are on a machine: its own disks, the jars that it keeps, the directories in which trials work."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fpray.cluster.jar_transfer import send_jar
from fpray.errors import FprayError, Lost
from fpray.files import layout
from fpray.jar.find import Jar
from fpray.node import inspection, jar_cache, scratch
from fpray.node.file_transfer import read_parcel
from fpray.node.jar_cache import JarCache
from fpray.node.local_disk import on_network, own_directory
from fpray.node.process_files import place_of, remade
from fpray.node.scratch import Owner, Scratch
from fpray.report.outcome_lines import failure_lines
from fpray.store.outcome import Outcome, Status
from tests.conftest import QUICK, jvms, run, start, wait_for

_MOUNTS = """\
22 27 0:21 / /proc rw - proc proc rw
27 0 8:1 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 27 0:50 / /mnt/efs rw shared:2 - nfs4 fs-1:/ rw,vers=4.1
41 40 0:51 / /mnt/efs/disk rw - xfs /dev/vdb rw
42 27 0:52 / /mnt/a\\040b rw - fuse.sshfs host:/ rw
43 27 0:53 / /mnt/over rw - fuse.fuse-overlayfs fuse rw
"""


@pytest.mark.parametrize(
    ("path", "network"),
    [
        ("/mnt/efs", True), ("/mnt/efs/suites/x", True), ("/mnt/efsx", False), ("/mnt/efs/disk/x", False),
        ("/mnt/a b/c", True), ("/mnt/over/x", False), ("/nowhere", False),
    ],
)  # fmt: skip
def test_a_network_file_system_is_known_by_its_mount(path: str, network: bool) -> None:
    assert on_network(path, _MOUNTS) is network


def test_what_is_somebody_elses_is_not_worked_in(tmp_path: Path) -> None:
    theirs = tmp_path / f"fpray-{os.geteuid()}"
    theirs.symlink_to("/etc")
    with pytest.raises(PermissionError):
        own_directory(tmp_path)


# -- jars


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "fpray" / "jars"


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_jar_is_where_the_driver_has_it_as_long_as_it_is_that_jar(tmp_path: Path, cache: Path) -> None:
    jar, known = tmp_path / "my.jar", JarCache()
    jar.write_bytes(b"one")
    assert known.find(str(jar), _sha(b"one")) == str(jar)
    jar.write_bytes(b"another")
    assert known.find(str(jar), _sha(b"one")) is None, "a jar that was built anew is another one"
    path, came = known.keep(_sha(b"one"), iter([b"o", b"ne"]))
    assert (path, came) == (str(cache / f"{_sha(b'one')}.jar"), True)
    assert known.find(str(jar), _sha(b"one")) == path
    Path(path).write_bytes(b"broken")
    assert known.find(str(jar), _sha(b"one")) is None, "it is checked when it is used"


def test_sweeps_that_begin_at_once_fetch_a_jar_once(cache: Path) -> None:
    taken, ready = [], threading.Barrier(4)

    def pieces() -> Iterator[bytes]:
        taken.append(1)
        time.sleep(0.05)
        yield b"jar"

    def keep() -> None:
        ready.wait()
        JarCache().keep(_sha(b"jar"), pieces())

    threads = [threading.Thread(target=keep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1
    assert [path.name for path in cache.glob("*.jar")] == [f"{_sha(b'jar')}.jar"]


def test_a_jar_that_is_torn_on_its_way_is_not_kept(cache: Path) -> None:
    with pytest.raises(Lost, match="other bytes"):
        JarCache().keep(_sha(b"whole"), iter([b"who"]))
    assert not list(cache.glob("*.jar"))


def test_jars_that_nobody_uses_go(cache: Path) -> None:
    cache.mkdir(parents=True)
    for name, days in (("old", 20.0), ("large", 3.0), ("used", 0.5)):
        path = cache / f"{name}.jar"
        path.write_bytes(b"12345678")
        os.utime(path, (time.time() - days * 86_400, path.stat().st_mtime))
    JarCache(most_bytes=10).keep(_sha(b"new"), iter([b"new"]))
    assert {path.stem for path in cache.glob("*.jar")} == {_sha(b"new"), "used"}


# -- directories of trials

_OURS, _THEIRS = Owner("suite", "001", "12:00"), Owner("stranger", "001", "12:00")


def _left_behind(root: Path, owner: Owner) -> Path:
    """A directory whose holder is gone, with a log and many rows."""
    holder = Scratch()
    path = Path(holder.make(str(root), owner))
    (path / "server_out.txt").write_text("a log")
    (path / "client_0_data.csv").write_bytes(bytes(scratch.SMALL_BYTES + 1))
    holder.release()
    return path


def test_what_is_held_is_left_alone_and_what_is_not_is_told_or_removed(tmp_path: Path) -> None:
    holder, other = Scratch(), Scratch()
    held = Path(holder.make(str(tmp_path), _THEIRS))
    assert holder.make(str(tmp_path), _THEIRS) == str(held), "asked again, it is the same one"
    ours, theirs = _left_behind(tmp_path, _OURS), _left_behind(tmp_path, _THEIRS)
    (half_made := held.with_name("half-made")).mkdir()
    assert [(left.directory, left.owner) for left in other.clean(str(tmp_path), "suite")] == [(str(ours), _OURS)]
    assert held.exists()
    assert not half_made.exists()
    assert sorted(path.name for path in theirs.iterdir()) == [".owner", "server_out.txt"], "its logs wait, rows do not"
    assert Scratch().clean(str(tmp_path), "suite") == [], "who was told of it holds it"
    other.remove(str(ours))
    os.utime(theirs / ".owner", (0, time.time() - 2 * scratch.WAITS_S))
    Scratch().clean(str(tmp_path), "suite")
    assert [path.name for path in held.parent.iterdir()] == [held.name]


@pytest.mark.parametrize(("where", "away"), [("local", False), ("network", True), ("a copy", True)])
def test_a_trial_works_in_the_suite_where_that_is_this_machines_own(
    where: str, away: bool, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "on_network", lambda _path: where == "network")
    monkeypatch.setattr(jar_cache, "on_network", lambda path: where == "network" and str(path).endswith(".jar"))
    monkeypatch.setattr(scratch, "local_directory", lambda: own_directory(tmp_path / "disk"))
    (suite := tmp_path / "suite" / "001").mkdir(parents=True)
    (suite / layout.START_TIME).write_text("earlier" if where == "a copy" else _OURS.began)
    (tmp_path / "my.jar").write_bytes(b"jar")
    errand = inspection.InspectionRequest("127.0.0.1", 0, 0, str(suite), _OURS, str(tmp_path / "my.jar"), _sha(b"jar"))
    found = inspection.inspect_site(errand, (), (), JarCache(), Scratch())
    assert (found.directory != str(suite)) is away
    assert found.directory.startswith(str(tmp_path / "disk" if away else suite))
    assert (found.jar is None) is (where == "network"), "classes must not come across a network while clients measure"


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
    whole, begin, parcels = set(), None, 0
    while True:
        one = read_parcel(str(tmp_path), ["config"], begin, size=10)
        parcels += 1
        for name, offset, content, ends in one.pieces:
            assert len(come.setdefault(name, b"")) == offset
            come[name] += content
            whole |= {name} if ends else set()
        if (begin := one.following) is None:
            break
    assert come == {name: content for name, content in files.items() if name in ("a", "b", "c", "d/e")}
    assert whole == set(come)
    assert parcels == 4
    with pytest.raises(Lost, match="cannot be copied"):
        read_parcel(str(tmp_path / "gone"), [], None)


def test_a_line_to_paste_makes_its_files(tmp_path: Path) -> None:
    text = "a: 'x'\n  b: \"100%\"\\n $HOME\n"
    line = remade(str(tmp_path / "a b"), {"config.pbtxt": text}) + "true"
    assert "\n" not in line
    subprocess.run(["sh", "-c", line], check=True)
    assert (tmp_path / "a b" / "config.pbtxt").read_text() == text


# -- for real, on one machine


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk that is too small for a trial, until it is mounted anew."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("mounts a small disk, which needs root")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_with_scratch_a_suite_is_as_it_always_is(ray_address: str, tmp_path: Path, small_disk: Path) -> None:
    """A full disk is waited for; a log that vanishes loses the attempt; Ctrl-C brings logs home; then all is gone."""
    disk, slow = small_disk, [*QUICK[:4], "--set", "duration=3s", "--set", "timeout=9s"]
    words = ["sweep", "unreplicated", *slow, "--vary", "num_clients_per_proc=0", "--address", ray_address]
    process = start(*words, "--scratch", str(disk), cwd=tmp_path)

    def logs() -> list[Path]:
        return list(disk.glob("*/trials/*/server_out.txt"))

    assert process.stderr
    said = ""
    while "waiting for disk space" not in said:
        said = process.stderr.readline()
        assert said, "it ended"
    assert re.search(rf"trial 001 needs \d+ MB, \d+ MB are free on machine [\d.]+ at {disk}/", said), said
    subprocess.run(["mount", "-o", "remount,size=300m", str(disk)], check=True)
    wait_for(lambda: logs() and len(jvms(str(disk))) == 2, 60, "server and client")
    logs()[0].unlink()
    wait_for(lambda: list(tmp_path.glob("suites/*/001/attempts/1")), 60, "another attempt")
    wait_for(lambda: logs() and len(jvms(str(disk))) == 2, 60, "server and client again")
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert "server_out.txt is gone from " in said
    assert "that is no result, running it again" in said
    assert not list(disk.glob("*/trials/*"))
    (trial,) = tmp_path.glob("suites/*/001")
    assert json.loads((trial / "outcome.json").read_text())["status"] == "interrupted"
    assert "Listening" in (trial / "server_out.txt").read_text()
    assert not list(trial.glob("*_data.csv"))

    done = run("sweep", "unreplicated", "--scratch", "here", cwd=tmp_path)
    assert (done.code, "--scratch here" in done.err) == (2, True)
    (tmp_path / "file").write_text("")
    done = run(*words, "--new", "-s", "other", "--scratch", str(tmp_path / "file"), cwd=tmp_path)
    assert done.code == 2, done.err
    assert "machine " in done.err
    assert "no trial can work in" in done.err
    assert not list((tmp_path / "other").iterdir())


def test_a_failure_says_where_its_command_runs(tmp_path: Path) -> None:
    command, log = tmp_path / "server_cmd.txt", str(tmp_path / "server_err.txt")
    outcome = Outcome(Status.CRASHED, "server exited with 1", log=log)
    for host, how in {"192.0.2.9": f"ssh 192.0.2.9 sh < {command}", "127.0.0.1": f"sh {command}"}.items():
        command.write_text("java -version\n" + place_of(host, "/scratch"))
        assert failure_lines("001", 1, outcome)[-1] == f"    {log} · run it yourself: {how}"


def test_a_jar_that_is_built_anew_in_mid_sweep_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ray.put", lambda piece: piece)
    (tmp_path / "my.jar").write_bytes(b"another")
    with pytest.raises(FprayError, match="has changed: this sweep began with sha "):
        send_jar(Jar(tmp_path / "my.jar", _sha(b"one"), "", reference=False), {})
