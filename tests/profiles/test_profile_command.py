"""`fpray profile`: the top functions of a trial, what differs between two, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fpray.profiles.stacks import Stacks, as_text
from tests.conftest import cli

A: Stacks = {("main", "A.run", "B.call"): 30, ("main", "A.run", "C.call"): 70}
B: Stacks = {("main", "A.run", "B.call"): 90, ("main", "A.run", "D.call"): 10}


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Two trials that were profiled, and one that was not."""
    path = tmp_path / "suites" / "2026-01-01_00-00-00_ABCDEFGHIJ_x"
    path.mkdir(parents=True)
    record = {"schema": 1, "protocol": "unreplicated", "study": "smoke", "points": [], "jar": {}}
    (path / "suite.json").write_text(json.dumps(record))
    for number, stacks in (("001", A), ("002", B), ("003", None)):
        trial = path / number
        trial.mkdir()
        (trial / "trial.json").write_text(
            json.dumps(
                {"schema": 1, "id": number, "protocol": "unreplicated", "params": {}, "repeat": 1, "provenance": {}}
            )
        )
        processes = [
            {"label": label, "role": role, "host": "127.0.0.1", "port": 1, "kind": role}
            for label, role in (("server", "server"), ("client_0", "client"), ("client_1", "client"))
        ]
        (trial / "plan.json").write_text(json.dumps({"processes": processes}))
        if stacks is not None:
            for label in ("server", "client_0"):
                (trial / f"{label}_stacks.txt").write_text(as_text(stacks))
            (trial / "server_flame_graph.html").write_text("<html>")
            notes = ["there is no profile of client_1, because its JVM has recorded nothing: \x1b[31mit was killed"]
            (trial / "outcome.json").write_text(json.dumps({"status": "finished", "notes": notes}))
    return path


def _lines(*words: str) -> list[str]:
    done = cli("profile", *words)
    assert done.exit_code == 0, done.output
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def test_the_functions_of_each_role(suite: Path) -> None:
    lines = _lines(f"{suite}/001")
    assert lines[0].startswith("server of ")
    assert lines[0].endswith("/001: 100 samples")
    assert lines[1].startswith("flame graph: ")
    assert lines[2:6] == [
        "itself with calls function",
        "70.0 % 70.0 % C.call",
        "30.0 % 30.0 % B.call",
        "0.0 % 100.0 % A.run",
    ]
    assert lines[6].startswith("client of ")
    assert lines[-1].endswith("there is no profile of client_1, because its JVM has recorded nothing: it was killed")


def test_one_role_or_one_process(suite: Path) -> None:
    for name in ("client", "client_0"):
        lines = _lines(f"{suite}/001", name, "--top", "1")
        assert lines[0].startswith(f"{name} of ")
        assert lines[2] == "70.0 % 70.0 % C.call"


def test_the_difference_of_two_trials(suite: Path) -> None:
    lines = _lines(f"{suite}/001", "server", "--against", f"{suite}/002")
    assert lines[0].startswith("server: ")
    assert " against " in lines[0]
    assert lines[2:6] == [
        "70.0 % 0.0 % +70.0 70.0 % 0.0 % +70.0 C.call",
        "30.0 % 90.0 % -60.0 30.0 % 90.0 % -60.0 B.call",
        "0.0 % 10.0 % -10.0 0.0 % 10.0 % -10.0 D.call",
        "0.0 % 0.0 % +0.0 100.0 % 100.0 % +0.0 A.run",
    ]


def test_a_page_that_is_opened_is_written_anew(suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite may be from elsewhere, and so may be the page in it."""
    page = suite / "001" / "server_flame_graph.html"
    page.write_text("<script>window.attack = 1</script>")
    addresses: list[str] = []
    monkeypatch.setattr("webbrowser.open", addresses.append)  # and so it says that there is no browser
    done = cli("profile", f"{suite}/001", "server", "--open")
    assert addresses == [page.as_uri()]
    assert "attack" not in page.read_text()
    assert "C.call" in page.read_text()
    assert "server_flame_graph.html cannot be opened in a browser here" in done.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("{}/003",), "was not profiled, or has not ended yet: to profile trials, run the same fpray command with -p"),
        (("{}/001", "servr"), "servr is no role and no process of trial 001; did you mean server?; its roles: server"),
        (("{}/001", "client_1"), "has no profile: there is no profile of client_1"),
        (("{}/009",), "no such trial"),
        (("{}/001", "--against", "{}/003"), "was not profiled"),
        (("{}",), "does not name a trial"),
    ],
)
def test_what_is_not_there_is_refused_in_a_sentence(suite: Path, words: tuple[str, ...], sentence: str) -> None:
    done = cli("profile", *(word.format(suite) for word in words))
    assert done.exit_code == 2
    assert sentence in done.stderr
    assert "nothing was started" not in done.stderr
