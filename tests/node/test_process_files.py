"""The files that a process leaves: its command to paste, its return code, its pid."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import threading
from pathlib import Path

import pytest

from fpray.node import process_files
from fpray.node.messages import Exit, ProcessSpec
from fpray.node.process_files import add_pids, read_pids, recreate_command
from tests.node.programs import PYTHON, read
from tests.support.patience import LONG


def test_the_command_file(tmp_path: Path) -> None:
    assert process_files.shell_command(["java", "-cp", "/a b.jar", "M"], {}) == "java -cp '/a b.jar' M\n"
    assert process_files.shell_command(["x"], {"A": "1", "B": "$x"}, "/t t") == "cd '/t t' && A=1 B='$x' x\n"
    code = "import os; print(os.getcwd(), os.environ['a.b'])"
    line = process_files.shell_command([*PYTHON, code], {"a.b": "c d"}, str(tmp_path))
    output = subprocess.run(["sh", "-c", line], capture_output=True, text=True).stdout
    assert output == f"{tmp_path} c d\n"


def test_pids_of_several_roles_are_merged(trial: str) -> None:
    Path(trial).mkdir()
    names = [f"{role}_{index}" for role in range(4) for index in range(25)]

    def work(role: int) -> None:
        for name in names[role * 25 : role * 25 + 25]:
            process_files.add_pids(trial, {name: str(role)})

    threads = [threading.Thread(target=work, args=(role,)) for role in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(json.loads(read(trial, "pids.json"))) == set(names)


def test_exit_is_python_and_the_file_is_shell() -> None:
    assert [process_files.shell_code(code) for code in (0, 1, -15, -9)] == [0, 1, 143, 137]
    assert Exit.__doc__ is not None


def test_a_line_to_paste_makes_its_files(tmp_path: Path) -> None:
    text = "a: 'x'\n  b: \"100%\"\\n $HOME\n"
    line = recreate_command(str(tmp_path / "a b"), {"config.pbtxt": text}) + "true"
    assert "\n" not in line
    subprocess.run(["sh", "-c", line], check=True)
    assert (tmp_path / "a b" / "config.pbtxt").read_text() == text


@pytest.mark.parametrize(
    "name",
    [
        "a\ntouch pwned\n",
        "a\r\ntouch pwned",
        "a'b",
        "$(touch pwned)",
        "`touch pwned`",
        "a;touch pwned",
        "-x",
        "\x1b[2J",
    ],
)
def test_a_command_file_runs_its_command_and_nothing_else(name: str, tmp_path: Path) -> None:
    """A8: a directory's name may hold a newline, quotes, and all that a shell knows."""
    directory = tmp_path / name
    spec = ProcessSpec("server", ("printf", "%s|", "one", name), str(directory), env={"A": name}, cwd=str(directory))
    process_files.write_command(spec)
    file = directory / "server_cmd.txt"
    done = subprocess.run(["sh", str(file)], cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout == f"one|{name}|".encode()
    assert [path.name for path in (*tmp_path.rglob("pwned*"), *directory.glob("pwned*"))] == []
    assert process_files.ran_on(file) == "127.0.0.1"
    with_file = ProcessSpec("client", ("cat", str(directory / "in")), str(directory), given=("in",))
    (directory / "in").write_bytes(f"{name}\n% \\ %s\n".encode())
    process_files.write_command(with_file)
    text = (directory / "client_cmd.txt").read_text()
    (directory / "in").unlink()
    second = subprocess.run(["sh", "-c", text], cwd=tmp_path, capture_output=True, check=True)
    assert second.stdout.replace(b"\r", b"") == f"{name}\n% \\ %s\n".replace("\r", "").encode()
    assert "\x1b" not in text.splitlines()[-1]


@pytest.mark.timeout(LONG)
def test_another_user_that_may_read_a_trial_cannot_hold_it_up(tmp_path: Path) -> None:
    """G3: to lock a directory for ever, reading is enough."""
    lock = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_SH)
    add_pids(str(tmp_path), {"a:1": "x"})
    os.close(lock)
    assert read_pids((tmp_path / "pids.json").read_bytes()) == {"a:1": "x"}
