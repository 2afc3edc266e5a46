"""A command on the head of a cluster: which files go there, and which words it gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fpray.driver import means, remote_head
from fpray.driver.command_words import CommandWords, OptionWords
from fpray.driver.head import Head
from fpray.driver.means import check_sweep
from fpray.errors import FprayError, Refused
from tests.support.sweeps import stub_jar

LAUNCHER = """
cluster_name: c
provider: {type: local, head_ip: 203.0.113.1, worker_ips: [203.0.113.2]}
auth: {ssh_user: me}
"""


class FakeHead:
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.copies: list[tuple[str, str]] = []
        self.texts: dict[str, str] = {}
        self.words: list[str] = []

    def ask(self, command: str, text: str = "") -> str:
        self.texts[command] = text
        return "/home/me\n"

    def copy(self, source: Path, target: str) -> None:
        self.copies.append((source.name, target))

    def become(self, words: list[str]) -> None:
        self.words = words


@pytest.fixture
def head(monkeypatch: pytest.MonkeyPatch) -> FakeHead:
    fake = FakeHead()
    monkeypatch.setattr(Head, "of", lambda _launcher: fake)
    monkeypatch.setattr("secrets.token_hex", lambda _: "0")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    return fake


def _options(tmp_path: Path, **more: Any) -> dict[str, Any]:
    (tmp_path / "l.yaml").write_text(LAUNCHER)
    study = tmp_path / "mine.py"
    study.write_text("import fpray\nSTUDY = fpray.Study('mine', 'unreplicated', points=[{}])\n")
    return {"cluster": tmp_path / "l.yaml", "study": study, "jar": stub_jar(tmp_path), **more}


def test_files_and_secrets_go_there_and_the_words_name_them(tmp_path: Path, head: FakeHead) -> None:
    experiment = check_sweep("unreplicated", _options(tmp_path, notify=["https://h/key"]))
    assert experiment.where.remote
    study = (tmp_path / "mine.py").read_text()
    (tmp_path / "mine.py").write_text("a change after the check")
    options = [("cluster", "--cluster", "l.yaml"), ("jar", "-j", "stub.jar"), ("notify", "--notify", "https://h/key")]
    launch: Any = remote_head.launch_on_head  # it does not return, but the fake does
    launch(experiment, CommandWords("sweep", ["unreplicated"], [OptionWords(*o) for o in options]))
    files = "/home/me/fpray-files"
    jar = f"{files}/{experiment.environment.jar.sha256[:16]}"
    assert head.copies == [("stub.jar", f"{jar}/")]
    assert head.texts[f"cat > {files}/mine.py"] == study
    assert head.words == [
        *("sweep", "unreplicated", "--notify", f"once:{files}/secret-0"),
        *("--cluster", "/home/me/ray_bootstrap_config.yaml", "--as-job", f"--cluster {tmp_path}/l.yaml"),
        *("--jar", f"{jar}/stub.jar", "--study", f"{files}/mine.py"),
    ]


@pytest.mark.parametrize(("address", "is_remote"), [("local", True), ("10.0.0.1:6379", False)])
def test_an_address_in_the_environment_decides_where_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, is_remote: bool
) -> None:
    """`local` names no cluster: the one of the launcher is meant."""
    monkeypatch.setenv("RAY_ADDRESS", address)
    assert check_sweep("unreplicated", _options(tmp_path)).where.remote is is_remote


def test_a_suite_there_is_not_looked_for_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-s QKZJ` is a suite on the head; on a node of the cluster it has to be there."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    options = _options(tmp_path, suite_directory="QKZJABCDEF")
    assert check_sweep("unreplicated", options).outputs.suite is None
    monkeypatch.setattr(means, "belongs_here", lambda *_: True)
    with pytest.raises(Refused, match=r"(?s)To make a new directory of this name, write -s \./QKZJABCDEF"):
        check_sweep("unreplicated", options)


RSYNC_ENDS = """rsync: connection unexpectedly closed (0 bytes received so far) [sender]
rsync error: error in rsync protocol data stream (code 12) at io.c(228) [sender=3.2.7]
"""


@pytest.mark.parametrize(
    ("says", "quote"),
    [
        (f"bash: line 1: rsync: command not found\n{RSYNC_ENDS}", '"bash: line 1: rsync: command not found".'),
        (RSYNC_ENDS, "connection unexpectedly closed"),
        ("", '"rsync returned 12".'),
    ],
)
def test_a_copy_that_fails_shows_what_gives_the_cause(
    says: str, quote: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last lines of rsync are about itself; the cause stands above them."""
    (tmp_path / "says").write_text(says)
    (tmp_path / "rsync").write_text(f"#!/bin/sh\ncat {tmp_path}/says >&2\nexit 12\n")
    (tmp_path / "rsync").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(FprayError) as error:
        Head("me@h", ("ssh",)).copy(tmp_path / "a.jar", "files/")
    assert 'a.jar cannot be copied to the head node, me@h; rsync says: "' in str(error.value)
    assert quote in str(error.value)
    assert ("rsync error" in str(error.value)) == (says == RSYNC_ENDS)


def test_a_head_that_is_not_reached_is_tried_by_hand_as_fpray_does(tmp_path: Path) -> None:
    """With the same key and options: otherwise a user's own ssh succeeds, or fails for another reason."""
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\necho 'me@h: Permission denied (publickey).' >&2\nexit 255\n")
    ssh.chmod(0o755)
    with pytest.raises(FprayError, match=r'ssh says: "me@h: Permission denied \(publickey\)"\. Try') as error:
        Head("me@h", (str(ssh), "-i", "my key")).ask("pwd")
    assert f"Try by hand: {ssh} -i 'my key' -- me@h" in str(error.value)
