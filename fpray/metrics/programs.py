"""The programs of Prometheus on this machine: the server, and `promtool`, which reads what it has stored."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from fpray.errors import Cause, Problem, first_line

PROMTOOL = "promtool"
_ANSWER_S = 20.0
INSTALL = "install it (on Debian and Ubuntu: apt-get install prometheus)"
_GET = f"{INSTALL}, or name another with --prometheus PATH"


def promtool_of(server: str) -> str | None:
    """The path of the `promtool` that belongs to a server: the one beside it, else the one of PATH; None if none is."""
    path = shutil.which(server)
    beside = shutil.which(str(Path(path).resolve().with_name(PROMTOOL))) if path is not None else None
    return beside or shutil.which(PROMTOOL)


def program_problems(server: str) -> list[Problem]:
    """What is wrong with the server of this machine, and with its `promtool`.

    This machine reads the series of every trial, so it needs both also where another one scrapes.
    """
    about = f"--prometheus {server}"
    path = shutil.which(server)
    if path is None:
        sentence = f"a monitored trial (-m) needs a Prometheus server, and there is no such program here: {_GET}"
        return [Problem(about, sentence, Cause.PROMETHEUS)]
    if sentence := _why_no_server(path):
        return [Problem(about, f"{path} {sentence}: {_GET}", Cause.PROMETHEUS)]
    if promtool_of(server) is None:
        sentence = f"needs {PROMTOOL}, which is neither beside {path} nor in PATH: {_GET}"
        return [Problem(about, sentence, Cause.PROMETHEUS)]
    return []


def _why_no_server(path: str) -> str:
    """Why a program is no Prometheus server; empty if it is one."""
    try:
        done = subprocess.run(
            [path, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=_ANSWER_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"does not answer --version within {_ANSWER_S:.0f} s"
    except OSError as error:
        return f"cannot be run: {first_line(error)}"
    answer = done.stdout or done.stderr
    return "" if answer.startswith("prometheus, version") else "is no Prometheus server, by its answer to --version"
