"""A command for another process: what click has read of it, in the order and the spelling in which it was typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from fpray.cli.typed_words import typed_words
from fpray.driver.command_words import CommandWords, OptionWords
from tests.conftest import cli

SWEEP = ("sweep", "unreplicated", "-s", "/d", "--vary", "num_clients_per_proc=1,2", "--detach", "--local")


def _given_to_launch(monkeypatch: pytest.MonkeyPatch, *words: str) -> CommandWords:
    commands: list[CommandWords] = []
    monkeypatch.setattr("fpray.cli.sweep.launch", lambda ctx, *_: commands.append(typed_words(ctx)))
    done = cli(*words)
    assert done.exit_code == 0, done.stderr
    [command] = commands
    return command


def test_it_is_as_it_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    command = _given_to_launch(monkeypatch, *SWEEP)
    assert command.words == list(SWEEP)
    assert command.without("detach", "local").words == [*SWEEP[:-2]]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["--parallel=2", "-lwarn"], ["--parallel", "2", "-l", "warn"]),
        (["--parallel=1", "--parallel", "2"], ["--parallel", "1", "--parallel", "2"]),
        (["--set", "f=1", "-a", "10.0.0.1", "--set=g=2"], ["--set", "f=1", "-a", "10.0.0.1", "--set", "g=2"]),
        (
            ["--set=duration=--detach", "--as-job", "--cluster x"],
            ["--set", "duration=--detach", "--as-job", "--cluster x"],
        ),
        (["--jvm-arg", "--detach"], ["--jvm-arg", "--detach"]),
    ],
)
def test_spellings_and_values_stay(line: list[str], words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that looks like an option is a value, however it was written."""
    monkeypatch.setattr("fpray.cli.sweep.check_sweep", lambda *_: None)
    assert _given_to_launch(monkeypatch, "sweep", *line, "epaxos").words == ["sweep", "epaxos", *words]
    command = _given_to_launch(monkeypatch, "sweep", *line, "epaxos", "--detach")
    assert command.without("detach", "as_job").words == [
        word for word in ["sweep", "epaxos", *words] if word not in ("--as-job", "--cluster x")
    ]


def test_a_value_replaces_another() -> None:
    command = CommandWords("sweep", ["-p"], [OptionWords("jar", "-j", "a.jar"), OptionWords("local", "--local")])
    assert command.with_option("jar", "b.jar").words == ["sweep", "--local", "--jar", "b.jar", "--", "-p"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["show", "QKZJ", "-s", "suites"], ["show", "QKZJ", "-s", "suites"]),
        (["status", "--json", "-s", "suites"], ["status", "--json", "-s", "suites"]),
        (["logs", "-f", "QKZJ/001"], ["logs", "QKZJ/001", "-f"]),
        (["stop", "--", "QKZJ"], ["stop", "QKZJ"]),
    ],
)
def test_readers_on_a_head_get_it_without_the_cluster(
    line: list[str], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The path of a suite is one of the head's: it goes there as it was typed."""
    commands: list[tuple[Path, CommandWords]] = []

    def run_on_head(path: Path, command: CommandWords) -> None:
        commands.append((path, command))
        raise KeyboardInterrupt

    monkeypatch.setattr("fpray.cli.suites.run_on_head", run_on_head)
    assert cli(line[0], "--cluster=/l.yaml", *line[1:]).exit_code == 130
    [(path, command)] = commands
    assert path == Path("/l.yaml")
    assert command.without("cluster").words == words
