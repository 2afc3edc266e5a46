"""A command on the head of a cluster: which files go there, and which words it gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fpray.driver import means, remote_head
from fpray.driver.command_words import CommandWords, OptionWords
from fpray.driver.head import Head
from fpray.driver.means import check_sweep
from fpray.errors import Refused
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
