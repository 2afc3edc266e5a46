"""What a suite, a JVM or a file's name says is printed without any effect on the terminal, whatever prints it."""

from __future__ import annotations

import ast
import copy
import json
import os
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fpray.errors import Cause, FprayError, Lost, refuse
from fpray.report.driver_output import DriverOutput
from fpray.report.table import print_table
from fpray.report.terminal_block import TerminalBlock
from tests.conftest import FPRAY, cli

SUITES = Path(__file__).parents[1] / "recorded" / "suites"
EVIL = "\x1b]0;title\x07\x1b[2J\x1b[31m\x9b1A\r\b\u202e\x00 [red]x[/red] [/b]"
DOORS = {
    "fpray/report/text.py",
    "fpray/report/terminal_block.py",  # rich's live block
    "fpray/cluster/jobs.py",  # copies what a driver printed, which came through these doors
}


def obeyed(text: str) -> list[str]:
    """What of a text a terminal would obey."""
    return [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs") and c not in "\n\t"]


def assert_harmless(*words: str) -> str:
    """A command prints nothing that a terminal obeys, and does not fail badly."""
    done = cli(*words)
    assert done.exception is None or isinstance(done.exception, SystemExit), (words, done.exception)
    assert obeyed(done.output) == [], words
    return done.output


def texts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the texts of a JSON value are."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from texts(item, (*path, key))


def changed(value: Any, path: tuple[Any, ...]) -> Any:
    """A JSON value with one text changed, and for a key, renamed."""
    value = copy.deepcopy(value)
    inner = value
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] += EVIL
    return value


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["sweep_with_a_crash", "search"])
def test_no_text_of_a_suite_reaches_the_terminal_as_it_is(name: str, tmp_path: Path) -> None:
    """G4: each text of each file of a suite, one after the other: control characters, and rich's markup."""
    root = tmp_path / "suites"
    shutil.copytree(SUITES / name, root)
    [suite] = [path for path in root.iterdir() if path.is_dir()]
    trial = f"{suite}/001"
    patterns: set[tuple[Any, ...]] = set()
    for file in sorted(suite.rglob("*.json")):
        if "attempts" in file.parts:
            continue
        before = file.read_text()
        content = json.loads(before)
        for path in texts(content):
            pattern = (file.name, *(key for key in path if isinstance(key, str)))
            if pattern in patterns:
                continue
            patterns.add(pattern)
            file.write_text(json.dumps(changed(content, path)))
            assert_harmless("show", str(suite))
            assert_harmless("show", trial)
            if file.name in ("suite.json", "progress.json"):
                assert_harmless("status", "-s", str(root))
            file.write_text(before)
    assert len(patterns) > 30


def test_what_a_jvm_printed_is_shown_without_colours(tmp_path: Path) -> None:
    """G4: the last lines, and the whole log; every line of the real jar has a colour."""
    shutil.copytree(SUITES / "sweep_with_a_crash", tmp_path / "suites")
    [suite] = [path for path in (tmp_path / "suites").iterdir() if path.is_dir()]
    trial = json.loads((suite / "001" / "plan.json").read_text())
    label = trial["processes"][0]["label"]
    (suite / "001" / f"{label}_out.txt").write_bytes(
        b"\x1b[33m[WARN]\x1b[0m caf\xc3\xa9 \xff " + EVIL.encode() + b"\nend"
    )
    (suite / "001" / f"{label}_err.txt").write_bytes(b"")
    output = assert_harmless("logs", f"{suite}/001", label)
    assert "[WARN] café \\xff \\x1b]0;title\\x07\\x1b[2J" in output
    assert output.endswith("end")
    assert_harmless("show", f"{suite}/001")
    (suite / "driver.log").write_text(f"a line{EVIL}\n")
    assert_harmless("attach", str(suite))


def test_names_of_files_are_foreign_text(tmp_path: Path) -> None:
    """G4: a directory's name may hold anything."""
    odd = tmp_path / "a\x1b[2Jb\nc\udcff"
    shutil.copytree(SUITES / "sweep_with_a_crash", odd)
    [suite] = [path for path in odd.iterdir() if path.is_dir()]
    assert "a\\x1b[2Jb\\nc" in assert_harmless("show", str(suite)).splitlines()[0]
    assert_harmless("show", f"{suite}/001")
    assert_harmless("show", str(odd / "none\x1b[2J"))
    assert_harmless("status", "-s", str(odd))
    assert_harmless("sweep", "unreplicated\x1b[2J", "--set", "a\x1b[2J=b\x1b[2J", "-j", "\x1b[2J")


def test_a_log_that_is_cut_anywhere_is_whole(tmp_path: Path) -> None:
    """G4: an escape or a letter of several bytes may lie across two pieces."""
    from fpray.files.printable import printable_lines

    text = "é\x1b[33mcolour\x1b[0m \x1b[2J\n" * 3 + "no end"
    data = text.encode()
    for size in range(1, len(data) + 1):
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        assert "".join(printable_lines(pieces)) == "écolour \\x1b[2J\n" * 3 + "no end"
    endless = "".join(printable_lines([b"x" * 1000] * 3000))
    assert endless == "x" * 3_000_000


def test_a_drivers_lines_are_harmless_on_the_terminal_and_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """G4: progress, lock holders, last lines of trials: whatever is said goes this way."""
    output = DriverOutput(tmp_path, None)
    output.say(f"waiting for machine a: {EVIL}")
    output.close()
    assert obeyed(capsys.readouterr().err) == []
    assert obeyed((tmp_path / "driver.log").read_text()) == []


def test_the_live_block_is_harmless(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """G4: on a terminal only rich's own controls are left."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    block = TerminalBlock(lambda _width: f"stage {EVIL}")
    block.print(f"a line {EVIL}")
    block.close()
    output = capsys.readouterr().err
    assert "\x1b]0" not in output
    assert "\x1b[2J" not in output
    assert "\\x1b]0;title" in output


def test_a_cell_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["a"], [["[red]x[/red]"], ["[/b]"], [":smile:"], [EVIL]], left_columns=())
    output = capsys.readouterr().out
    assert "[red]x[/red]" in output
    assert ":smile:" in output
    assert obeyed(output) == []


@pytest.mark.parametrize("error", [FprayError(EVIL, Cause.OWN), Lost(EVIL), refuse(EVIL, EVIL, Cause.PATH)])
def test_an_error_is_harmless_for_python_programs_too(error: FprayError) -> None:
    """G4: Python prints the text of an exception as it is."""
    assert obeyed(str(error) + error.in_one_line()) == []


def test_everything_is_printed_through_these_doors() -> None:
    """G4: no other module prints."""
    root = Path(__file__).parents[2]
    for file in (root / "fpray").rglob("*.py"):
        name = str(file.relative_to(root))
        if name in DOORS:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in ("print", "click.echo", "click.secho", "echo"), f"{name}:{node.lineno}"
                assert not called.startswith(("sys.stdout.write", "os.write(1", "os.write(2")), f"{name}:{node.lineno}"


@pytest.mark.heavy
def test_a_full_disk_behind_the_output_is_a_sentence() -> None:
    """E13, I6: `fpray studies > /dev/full`, and everything else that prints."""
    commands = ("studies", "--help", "plan unreplicated --json")
    for words in commands:
        with Path("/dev/full").open("w") as full:
            done = subprocess.run([FPRAY, *words.split()], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr == (
            "fpray: the standard output of this command cannot be written: No space left on device. If its disk is"
            " full, free space on that disk; otherwise send the output to another file. Then run the command again ·"
            " docs/troubleshooting.md#not-writable\n"
        ), words
        piped = subprocess.run(f"{FPRAY} {words} | head -c 1", shell=True, capture_output=True, text=True, check=False)
        assert piped.stderr == "", words


@pytest.mark.heavy
def test_output_that_is_closed_is_no_traceback() -> None:
    """E13: closed by the shell; only messages or only output."""
    done = subprocess.run(f"{FPRAY} studies >&-", shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "the standard output of this command cannot be written: it is closed" in done.stderr
    for command, code in ((f"{FPRAY} show x 2>&-", 2), (f"{FPRAY} show x 2>/dev/full", 2)):
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (code, "", ""), command


def test_a_terminal_of_ascii_shows_escapes() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii:strict"}
    done = subprocess.run([FPRAY, "status", "-s", "/nö"], capture_output=True, env=environment, check=False)
    assert b"Traceback" not in done.stderr
