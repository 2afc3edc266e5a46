"""A disk without space, without inodes, and a name that cannot be: each is a sentence, and the sweep waits or ends."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from fpray.errors import Refused
from fpray.files.disk import free_inodes, why_not_written
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome
from fpray.store.suite import Suite
from fpray.testing.fake_machines import FakeMachines
from tests.conftest import cli
from tests.support.sweeps import finished, run_on, statuses

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")


@contextlib.contextmanager
def small_disk(directory: Path, options: str) -> Iterator[Path]:
    """A disk of its own at a directory."""
    directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(directory)], check=True)
    try:
        yield directory
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


def fill(disk: Path) -> None:
    """Take all its bytes."""
    with contextlib.suppress(OSError), (disk / "full").open("wb") as file:
        while True:
            file.write(b"x" * 4096)


@needs_root
@pytest.mark.parametrize(
    ("options", "sentence"),
    [("size=64k", "No space left on device"), ("size=10m,nr_inodes=4", "no more files fit on this disk")],
)
def test_a_full_disk_when_a_sweep_begins_is_refused(options: str, sentence: str, tmp_path: Path) -> None:
    """I6: and nothing is left of the suite; df denies that there is no space where inodes are missing."""
    with small_disk(tmp_path / "disk", options) as disk:
        (disk / "suites").mkdir()
        if "inodes" not in options:
            fill(disk)
        with pytest.raises(Refused, match=f"nothing was started.*|{sentence}") as refused:
            run_on(FakeMachines(["10.0.0.1"]), finished, tmp_path, loops=1, suite_directory=str(disk / "suites"))
        assert sentence in str(refused.value)
        assert list((disk / "suites").iterdir()) == []


@pytest.mark.parametrize("name", ["save", "write_inputs"])
def test_a_disk_that_fills_up_before_the_first_trial(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I6: at any later moment before a trial, too."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "x"))

    monkeypatch.setattr(Suite, name, full)
    with pytest.raises(Refused, match="cannot be written: No space left on device"):
        run_on(FakeMachines(["10.0.0.1"]), finished, tmp_path, loops=1)
    assert list((tmp_path / "suites").iterdir()) == []


@needs_root
@pytest.mark.heavy
def test_without_inodes_a_trial_waits_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """I6: as it does without bytes; and goes on when there are some."""
    for place in ("scheduled_trial", "loop"):
        monkeypatch.setattr(f"fpray.driver.{place}.SPACE_CHECK_S", 0.05)
    with small_disk(tmp_path / "disk", "size=200m,nr_inodes=90") as disk:
        files = [disk / f"taken{number}" for number in range(60)]
        for file in files:
            file.touch()

        shortages: list[int] = []

        def look(place: Path) -> int | None:
            inodes = free_inodes(place)
            if inodes is not None and inodes < 32:
                shortages.append(inodes)
                if len(shortages) == 3:  # it has said after the first one that it waits
                    for file in files:
                        file.unlink()
            return inodes

        monkeypatch.setattr("fpray.trial.disk_space.free_inodes", look)
        result = run_on(FakeMachines(["10.0.0.1"]), finished, tmp_path, loops=1, suite_directory=str(disk / "suites"))
        assert statuses(result) == ["finished"]
        assert len(shortages) == 3
    assert "waiting for disk space: trial 001 needs room for 32 files, " in capsys.readouterr().err


def test_a_disk_that_fills_up_in_a_trial_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """I6: the sentence says which of the two it is."""
    monkeypatch.setattr("fpray.driver.scheduled_trial.SPACE_CHECK_S", 0.01)
    monkeypatch.setattr("fpray.files.disk.free_inodes", lambda _: 0)
    tries: list[int] = []

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        tries.append(1)
        if len(tries) == 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return finished(trial, hosts)

    assert statuses(run_on(FakeMachines(["10.0.0.1"]), play, tmp_path, loops=1)) == ["finished"]
    messages = capsys.readouterr().err
    assert (
        "waiting for disk space: no more files fit on this disk, because its inodes are used up (df -i shows it):"
        f" the number of files counts, not their size, at {tmp_path}" in messages
    )


def test_the_words() -> None:
    assert why_not_written(OSError(errno.EDQUOT, "Disk quota exceeded"), "/").startswith("the disk quota of this user")
    assert why_not_written(OSError(errno.EACCES, "Permission denied"), "/") == "Permission denied"
    assert why_not_written(OSError("odd"), "/") == "odd"
    inodes = free_inodes("/tmp/there/is/no/such/file")
    assert inodes is None or inodes > 0


@pytest.mark.parametrize(
    "words",
    [
        ["sweep", "unreplicated", "-s", "~nouser/x"],
        ["sweep", "unreplicated", "-s", "x" * 300],
        ["sweep", "unreplicated", "-s", "x/" * 3000],
        ["sweep", "unreplicated", "-j", "~nouser/x.jar"],
        ["sweep", "unreplicated", "--jar", "x" * 300],
        ["sweep", "unreplicated", "--cluster", "x" * 300],
        ["sweep", "unreplicated", "--study", f"{'x' * 300}.py"],
        ["sweep", "unreplicated", "--scratch", f"/{'x' * 300}"],
        ["sweep", "unreplicated", "--java", f"/{'x' * 300}"],
        ["sweep", "unreplicated", "--notify", "x" * 300],
        ["sweep", "unreplicated", "--notify", f"file:~nouser/{'x' * 300}"],
        ["search", "unreplicated", "--storage", f"file:~nouser/{'x' * 300}"],
        ["show", "~nouser/x"],
        ["show", "x" * 300],
        ["show", f"{'x' * 300}/001"],
        ["show", "x", "-s", "~nouser/x"],
        ["status", "-s", "~nouser/x"],
        ["status", "-s", "x" * 300],
        ["logs", f"{'x' * 300}/001"],
        ["stop", "x" * 300],
        ["attach", "x" * 300],
        ["debug", f"{'x' * 300}/001", "server"],
        ["plan", "x" * 300],
        ["protocols", "--check", "x" * 300],
    ],
    ids=lambda words: " ".join(words)[:50],
)
def test_names_that_cannot_be_are_refused(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """I6: `~nouser`, and names of 300 characters, wherever a path or a name is given."""
    monkeypatch.chdir(tmp_path)
    done = cli(*words)
    assert isinstance(done.exception, SystemExit | None), done.exception
    assert done.exit_code in (0, 2) if words[0] == "status" else done.exit_code == 2
    assert list(tmp_path.rglob("*_*")) == []
