"""The directories in which trials work on a machine's own disk."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fpray.errors import Lost
from fpray.files import layout
from fpray.node import inspection, jar_cache, scratch
from fpray.node.jar_cache import JarCache
from fpray.node.local_disk import own_directory
from fpray.node.process_files import origin_line
from fpray.node.scratch import Owner, Scratch
from fpray.report.outcome_lines import failure_lines
from fpray.store.outcome import Outcome, Status
from tests.conftest import run, start, wait_for
from tests.driver.held import PATIENT, hold_clients, release
from tests.node.programs import sha256
from tests.support.patience import LONG

_OURS, _THEIRS = Owner("suite", "001", "12:00"), Owner("stranger", "001", "12:00")


def _left_behind(root: Path, owner: Owner) -> Path:
    """A directory without a holder any more, with a log and many rows."""
    holder = Scratch()
    path = Path(holder.make(str(root), owner))
    (path / "server_out.txt").write_text("a log")
    (path / "client_0_data.csv").write_bytes(bytes(scratch.SMALL_BYTES + 1))
    holder.release()
    return path


def test_what_is_held_is_left_alone_and_what_is_not_is_returned_or_removed(tmp_path: Path) -> None:
    holder, other = Scratch(), Scratch()
    own = Path(holder.make(str(tmp_path), _THEIRS))
    assert holder.make(str(tmp_path), _THEIRS) == str(own), "asked again, it is the same one"
    ours, theirs = _left_behind(tmp_path, _OURS), _left_behind(tmp_path, _THEIRS)
    (half_made := own.with_name("half-made")).mkdir()
    assert [(site.directory, site.owner) for site in other.clean(str(tmp_path), "suite")] == [(str(ours), _OURS)]
    assert own.exists()
    assert not half_made.exists()
    assert sorted(path.name for path in theirs.iterdir()) == [".owner", "server_out.txt"], "its logs wait, rows do not"
    assert Scratch().clean(str(tmp_path), "suite") == [], "the one that found it holds it"
    other.remove(str(ours))
    os.utime(theirs / ".owner", (0, time.time() - 2 * scratch.WAITS_S))
    Scratch().clean(str(tmp_path), "suite")
    assert [path.name for path in own.parent.iterdir()] == [own.name]


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
    request = inspection.InspectionRequest(
        "127.0.0.1", 0, 0, str(suite), _OURS, str(tmp_path / "my.jar"), sha256(b"jar")
    )
    site = inspection.inspect_site(request, (), (), JarCache(), Scratch())
    assert (site.directory != str(suite)) is away
    assert site.directory.startswith(str(tmp_path / "disk" if away else suite))
    assert (site.jar is None) is (where == "network"), "classes must not come across a network while clients measure"


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
    disk, slow = small_disk, PATIENT
    words = ["sweep", "unreplicated", *slow, "--vary", "num_clients_per_proc=0", "--address", ray_address]
    process = start(*words, "--scratch", str(disk), cwd=tmp_path)

    def logs() -> list[Path]:
        return list(disk.glob("*/trials/*/server_out.txt"))

    assert process.stderr
    output = ""
    while "waiting for disk space" not in output:
        output = process.stderr.readline()
        assert output, "it ended"
    free = rf"but only \d+ MB are free on the disk of machine [\d.]+ at {disk}/"
    assert re.search(rf"trial 001 needs \d+ MB, {free}", output), output
    subprocess.run(["mount", "-o", "remount,size=300m", str(disk)], check=True)
    clients = hold_clients(disk)
    logs()[0].unlink()
    release(clients)
    wait_for(lambda: list(tmp_path.glob("suites/*/001/attempts/1")), LONG, "another attempt")
    hold_clients(disk)
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=LONG)[1]
    assert "the file server_out.txt of this trial is gone: " in output
    assert "runs again automatically" in output
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
    assert "cannot be used for trials" in done.err
    assert not list((tmp_path / "other").iterdir())


def test_a_failure_says_where_its_command_runs(tmp_path: Path) -> None:
    command, log = tmp_path / "server_cmd.txt", str(tmp_path / "server_err.txt")
    outcome = Outcome(Status.CRASHED, "server exited with 1", log=log)
    for host, how in {"192.0.2.9": f"ssh 192.0.2.9 sh < {command}", "127.0.0.1": f"sh {command}"}.items():
        command.write_text("java -version\n" + origin_line(host, "/scratch"))
        assert (
            failure_lines("001", 1, outcome)[-1]
            == f"    {log} · to run this process yourself: {how} · docs/troubleshooting.md#{outcome.status.value}"
        )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make what belongs to another user")
def test_what_another_user_left_in_this_users_name_is_not_touched(tmp_path: Path) -> None:
    """G2, G8: not cleaned, not copied, not removed: it may be made to lead elsewhere."""
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "large").write_bytes(b"x" * (2 << 20))
    (precious / ".owner").write_text(json.dumps({"suite": "other", "trial": "001", "began": "x"}))
    os.utime(precious / ".owner", (0, 0))
    theirs = tmp_path / "base" / f"fpray-{os.geteuid()}"
    (theirs / "trials").mkdir(parents=True)
    (theirs / "trials" / "left").symlink_to(precious)
    (theirs / "trials" / "old").mkdir()
    for path in (theirs, theirs / "trials"):
        os.chown(path, 65534, 65534)
    assert Scratch().clean(str(tmp_path / "base"), "suite") == []
    assert (precious / "large").exists()
    assert sorted(path.name for path in (theirs / "trials").iterdir()) == ["left", "old"]
    with pytest.raises(Lost, match="belongs to the user with number 65534"):
        Scratch().make(str(tmp_path / "base"), Owner("suite", "001", "now"))
