"""What tests may not do, since it fails one time in a hundred."""

from __future__ import annotations

import ast
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.patience import LONG
from tests.support.processes import Seen

TESTS = Path(__file__).parents[1]
# (name, whether it is a function) -> which argument of it is the limit of a wait
_LIMITED = {
    ("wait_for", True): 1, ("wait_exit", False): 1, ("wait_ready", False): 1, ("join", False): 0, ("wait", False): 0,
    ("communicate", False): 1, ("close", False): 0, ("timed", True): 2, ("timeout", False): 0,
}  # fmt: skip
_ASKS_A_PROCESS = re.compile(r"\.(status|cmdline|children|is_running)\(|psutil\.(Process|process_iter)\(")


def test_processes_that_may_have_ended_are_asked_in_one_place() -> None:
    """psutil raises for a process that ended the moment before, as one did while a test looked for zombies."""
    others = (path for path in TESTS.rglob("*.py") if path != TESTS / "support" / "processes.py")
    asking = {str(path) for path in others if _ASKS_A_PROCESS.search(path.read_text(encoding="utf-8"))}
    assert not asking, "tests.support.processes has a function for each question, and `Seen`"


def _waits(call: ast.Call) -> Iterator[ast.expr]:
    """The limits of a call that waits."""
    yield from (keyword.value for keyword in call.keywords if keyword.arg == "timeout")
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    place = _LIMITED.get((name, isinstance(call.func, ast.Name)))
    if place is not None:
        yield from call.args[place : place + 1]


def test_the_limit_of_a_wait_is_long() -> None:
    """A wait ends when what it waits for is there; a shorter limit fails on a machine that is busier than ours.

    A limit that a test wants to reach is below two seconds.
    """
    short = [
        f"{path.relative_to(TESTS)}:{limit.lineno}"
        for path in sorted(TESTS.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        for limit in _waits(node)
        if isinstance(limit, ast.Constant) and isinstance(limit.value, int | float) and 2 <= limit.value < LONG
    ]
    assert not short, "tests.support.patience.LONG is the limit of all waits"


@pytest.mark.parametrize("send", ["kill", "terminate", "suspend", "resume"])
def test_a_signal_to_a_process_that_has_ended_is_lost(send: str) -> None:
    """As a shell's is; psutil raises."""
    with subprocess.Popen(["sleep", "100"]) as child:
        process = Seen(child.pid)
        child.kill()
    getattr(process, send)()
    process.send_signal(signal.SIGINT)
    with pytest.raises(psutil.NoSuchProcess):
        psutil.Process.send_signal(process, signal.SIGINT)
