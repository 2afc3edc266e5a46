"""Odd words on the command line: what cannot run is refused, and every refusal names what the user typed."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import cli

SEARCH = ("search", "unreplicated", "--maximize", "measured.throughput", "--space", "num_clients_per_proc=1..8")
COLUMN = "measured.latency.p99_ms"


def _refused(*words: str, code: int = 2) -> str:
    done = cli(*words)
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output
    return " ".join(done.stderr.split())


def _shell(line: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """A line of bash in which `fpray` is this fpray."""
    fpray = f'fpray() {{ {shlex.quote(sys.executable)} -m fpray "$@"; }}'
    return subprocess.run(
        ["bash", "-c", f"{fpray}; {line}"], cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )


def test_bounds_that_exclude_each_other_are_refused() -> None:
    """A search for what cannot be."""
    message = _refused(*SEARCH, "--subject-to", f"{COLUMN}<=5", "--subject-to", f"{COLUMN}>=6", "--dry-run")
    assert f"--subject-to '{COLUMN} >= 6': no trial can keep this bound and also {COLUMN} <= 5" in message
    same = ("--subject-to", f"{COLUMN}<=5", "--subject-to", f"{COLUMN}>=5", "--subject-to", f"{COLUMN}<=9")
    assert cli(*SEARCH, *same, "--dry-run").exit_code == 0


@pytest.mark.parametrize("text", ["", " "])
@pytest.mark.parametrize("option", ["--study", "--instrument", "--set", "--vary", "--jvm-arg", "--flag", "-l"])
def test_an_empty_text_is_quoted(option: str, text: str) -> None:
    """`--study : unreplicated has no such study` does not show what is empty."""
    message = _refused("sweep", "unreplicated", option, text, "--dry-run")
    assert f"'{text}'" in message, message


def test_an_empty_machine_is_quoted(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps({"1": {"server": [" "], "clients": [""]}}))
    message = _refused("plan", "unreplicated", "--cluster", str(tmp_path / "c.json"))
    assert "' ': this name has no IP address" in message
    assert "'': this name has no IP address" in message


def test_a_number_that_is_too_large_is_of_an_option_with_its_dashes() -> None:
    assert "--retries must be" in _refused("sweep", "unreplicated", "--retries", "9" * 20, "--dry-run")


@pytest.mark.parametrize("name", ["pipe", "loop", "file", "dangling", "file/below"])
@pytest.mark.parametrize("command", ["sweep unreplicated --dry-run", "status", "status --json", "show", "stop x"])
def test_what_is_no_directory_holds_no_results(command: str, name: str, tmp_path: Path) -> None:
    """As at the start, where it is refused, too."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nothing")
    (tmp_path / "file").touch()
    message = _refused(*command.split(), "-s", str(tmp_path / name))
    assert "cannot hold results" in message, message
    assert "no results of fpray in" not in message


def test_a_directory_that_is_not_there_yet_is_one(tmp_path: Path) -> None:
    assert cli("sweep", "unreplicated", "--dry-run", "-s", str(tmp_path / "a" / "b")).exit_code == 0
    assert cli("status", "-s", str(tmp_path / "a" / "b")).exit_code == 0


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("ray://h", "is an address of Ray Client"),
        ("http://x", "is not the address of a head node of Ray"),
        ("h:1e3", "is not the address of a head node of Ray"),
        ("h:0", "is not the address of a head node of Ray"),
    ],
)
@pytest.mark.parametrize("words", [("sweep", "unreplicated"), SEARCH])
def test_a_dry_run_refuses_what_can_be_no_address(words: tuple[str, ...], address: str, sentence: str) -> None:
    assert f"--address {address} {sentence}" in _refused(*words, "-a", address, "--dry-run")


def test_a_dry_run_refuses_to_run_a_trial_again_that_is_not_there(tmp_path: Path) -> None:
    message = _refused("sweep", "unreplicated", "--rerun", "x", "--dry-run", "-s", str(tmp_path))
    assert "has no earlier results of this command" in message


def test_the_dry_run_of_a_rerun_is_of_the_suite_that_the_start_would_continue(tmp_path: Path) -> None:
    (original,) = (Path(__file__).parents[1] / "recorded" / "suites" / "sweep_half_done").iterdir()
    subprocess.run(["cp", "-r", str(original), str(tmp_path)], check=True)
    words = [
        "sweep",
        "unreplicated",
        "--set",
        "warmup_duration=50ms",
        "--set",
        "warmup_timeout=5s",
        "-s",
        str(tmp_path),
    ]
    words += ["--set", "duration=100ms", "--set", "timeout=5s", "--vary", "num_clients_per_proc=1,2,3", "--dry-run"]
    assert "has no such trial" in _refused(*words, "--rerun", "77")
    done = cli(*words, "--rerun", "1")
    assert "this command continues the sweep" in done.stdout, done.output


def test_output_that_is_closed_is_an_error(tmp_path: Path) -> None:
    """`>&-` printed nothing, and the exit code was 0."""
    done = _shell("fpray studies unreplicated >&-", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "the standard output of this command cannot be written: it is closed" in done.stderr


def test_a_refusal_that_cannot_be_printed_is_one(tmp_path: Path) -> None:
    assert _shell("fpray nosuch >/dev/full 2>&1", tmp_path).returncode == 2
    assert _shell("fpray sweep unreplicated --nosuch >/dev/full 2>&1", tmp_path).returncode == 2


def test_a_study_file_that_closes_the_output_ends_in_a_sentence(tmp_path: Path) -> None:
    study = "import sys\nfrom fpray import Study\nsys.stdout.close()\nSTUDY = Study('a', 'unreplicated')\n"
    (tmp_path / "s.py").write_text(study)
    done = _shell("fpray plan unreplicated --study s.py", tmp_path)
    assert done.returncode == 1, done.stderr
    assert "the standard output of this command cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "255.255.255.255", "::", "224.0.0.1", "127.1", "2130706433", "0x7f000001", "10.0.0", "1.2.3.4.5"],
)
def test_what_is_the_address_of_no_machine_is_refused(host: str, tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps({"1": {"server": [host], "clients": ["10.0.0.2"]}}))
    message = _refused("plan", "unreplicated", "--cluster", str(tmp_path / "c.json"))
    assert f"{host}: this " in message
    assert "Write the address of one machine" in message


def test_a_command_line_is_shown_as_it_runs(tmp_path: Path) -> None:
    """A colour in a word was left out, and `--a` without it is another word."""
    words = ["a=\x1b[31m", "b=it's\\", "c=\u202e", "d=\n"]
    done = cli("plan", "unreplicated", *(f"--flag=server:--{word}" for word in words))
    (line,) = [line for line in done.stdout.splitlines() if "ServerMain" in line][:1]
    assert line.isprintable()
    words_of_shell = _shell(f"printf '%s\\0' {line.strip()}", tmp_path).stdout.split("\0")
    for word in words:
        name, _, value = word.partition("=")
        assert words_of_shell[words_of_shell.index(f"--{name}") + 1] == value


@pytest.mark.parametrize("option", ["--jvm-arg", "--flag", "--set", "--instrument", "--only"])
def test_bytes_that_are_no_text_are_refused(option: str, tmp_path: Path) -> None:
    done = _shell(f"fpray sweep unreplicated {option} $'server:--a=\\xff' --dry-run", tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert f"  {option} " in done.stderr, done.stderr


def test_a_trial_took_no_time_below_zero(tmp_path: Path) -> None:
    (original,) = (Path(__file__).parents[1] / "recorded" / "suites" / "sweep_with_a_crash").iterdir()
    subprocess.run(["cp", "-r", str(original), str(tmp_path)], check=True)
    file = tmp_path / original.name / "001" / "outcome.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"wall_s": -5}))
    done = cli("show", f"{file.parent}")
    assert "-5 s" not in done.output
    assert "finished" in done.stdout
