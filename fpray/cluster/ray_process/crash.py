"""How a process of Ray ended, as one line: Ray aborts with pages of C++ stack, in which one line says why."""

from __future__ import annotations

import re
import signal
import socket

_LONGEST = 300
# Ray's log lines: [2026-11-28 08:00:00,123 C 4711 4711] file.cc:42: text
_LOG_LINE = re.compile(r"^\[[^\]]* (?P<level>[CEWI]) \d+ \d+\] (?:\([^)]*\) )?(?P<place>\S+:\d+): (?P<text>.*)$")
_PYTHON_ERROR = re.compile(r"^[\w.]*(Error|Exception|Exit|Interrupt)\b.*$")


def crash_line(code: int, output: str) -> str:
    """The exit code of a process (negative: the signal) and the line of its output that says why."""
    if code < 0:
        how = f"was killed by {signal.Signals(-code).name}" if -code in set(signal.Signals) else f"ended with {code}"
    else:
        how = f"has exited with code {code}"
    why = _why(output.splitlines())
    if not why and code == -signal.SIGKILL:
        why = "a user killed it, or the machine ran out of memory (sudo dmesg shows that)"
    return f"{ray_process_here()} {how}" + (f": {why}" if why else "")


def ray_process_here() -> str:
    """The Ray process of this driver, for a message: each driver has one beside it."""
    return f"the process by which fpray's driver uses Ray (on the driver's machine, {socket.gethostname()})"


def _why(lines: list[str]) -> str:
    by_level = {"C": "", "E": ""}
    for line in lines:
        if (entry := _LOG_LINE.match(line)) is not None and entry["level"] in by_level:
            by_level[entry["level"]] = by_level[entry["level"]] or entry["text"].strip()
    errors = [line for line in lines if _PYTHON_ERROR.match(line)]
    last = errors[-1] if errors else ""
    return (by_level["C"] or last or by_level["E"])[:_LONGEST]
