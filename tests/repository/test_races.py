"""What tests may not do, since it fails one time in a hundred."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
_ASKS_A_PROCESS = re.compile(r"\.(status|cmdline|children|is_running)\(|psutil\.(Process|process_iter)\(")


def test_processes_that_may_have_ended_are_asked_in_one_place() -> None:
    """psutil raises for a process that ended the moment before, as one did while a test looked for zombies."""
    others = (path for path in TESTS.rglob("*.py") if path != TESTS / "support" / "processes.py")
    asking = {str(path) for path in others if _ASKS_A_PROCESS.search(path.read_text(encoding="utf-8"))}
    assert not asking, "tests.support.processes has a function for each question, and `Seen`"
