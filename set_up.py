"""Installs the packages of a lock file into a virtual environment, and shows what it does: `make setup` runs it.

It is run by a bare Python: it imports nothing but the standard library.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

_REDRAW_S = 0.2
_LINE_S = 5.0  # between two lines where there is no terminal
_NOT_IMPORTED = r"/(tests?|rllib|llm|serve|train|tune)/"  # tests of packages, and Ray's libraries beside its core


class Shown:
    """What is done now: one line that is redrawn on a terminal; elsewhere a line from time to time."""

    def __init__(self) -> None:
        self._live, self._next, self._last = sys.stderr.isatty(), 0.0, ""

    def step(self, text: str) -> None:
        """Show what is done now."""
        now = time.monotonic()
        if text == self._last or now < self._next:
            return
        self._last, self._next = text, now + (_REDRAW_S if self._live else _LINE_S)
        sys.stderr.write(f"\r  {text[:100]}\x1b[K" if self._live else f"  {text}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """Remove the line."""
        if self._live:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def lines_of(command: list[str]) -> Iterator[str]:
    """The output of a command, line by line; ends the program with that output where the command fails."""
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env) as process:
        assert process.stdout is not None
        output = []
        for line in process.stdout:
            output.append(line)
            yield line.strip()
    if process.returncode:
        sys.exit(f"{''.join(output[-30:])}\n{' '.join(command)} failed: nothing else was installed")


def install(venv: Path, lock: Path, screen: Shown) -> None:
    """Install what the lock names: shows which package is fetched, then how many are unpacked."""
    applies = int(_output(venv, "-c", _COUNT, str(lock)))
    python, count = str(venv / "bin" / "python"), 0
    before = _installed(venv)
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-compile", "--progress-bar", "off"]
    for line in lines_of([*pip, "--require-hashes", "-r", str(lock)]):
        if match := re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)==(\S+)", line):
            count += 1
            screen.step(f"fetching package {count} of {applies}: {match[1]} {match[2]}")
        elif line.startswith("Installing collected packages: "):
            new = line.count(",") + 1
            Thread(target=_watch, args=(venv, before, new, screen), daemon=True).start()


def _watch(venv: Path, before: int, new: int, screen: Shown) -> None:
    while (done := _installed(venv) - before) < new:
        screen.step(f"unpacking package {done + 1} of {new}")
        time.sleep(_REDRAW_S)


def _installed(venv: Path) -> int:
    return len(list(venv.glob("lib/python*/site-packages/*.dist-info")))


def compile_all(venv: Path, screen: Shown) -> None:
    """Compile the modules, on all cores: else Ray's processes would, at each of their starts."""
    modules = sum(not re.search(_NOT_IMPORTED, str(path)) for path in (venv / "lib").rglob("*.py"))
    command = [str(venv / "bin" / "python"), "-m", "compileall", "-j", "0", "-x", _NOT_IMPORTED, str(venv / "lib")]
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    count = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env) as process:
        assert process.stdout is not None
        for line in process.stdout:  # some modules of packages are for other versions of Python: that is no failure
            count += line.startswith("Compiling ")
            screen.step(f"compiling module {count} of about {modules}")


# What of a lock applies here, with the parser that pip brings: some lines are for other versions or systems.
_COUNT = """
import re, sys
from pip._vendor.packaging.requirements import Requirement
lines = re.findall(r"^[\\w.-]+==[^\\\\\\n]*", open(sys.argv[1]).read(), re.MULTILINE)
print(sum((r.marker is None or r.marker.evaluate()) for r in map(Requirement, lines)))
"""


def _output(venv: Path, *words: str) -> str:
    return subprocess.run([str(venv / "bin" / "python"), *words], capture_output=True, text=True, check=True).stdout


def main(venv: Path, lock: Path) -> None:
    """Install the packages of the lock, and fpray itself as it is in this directory."""
    screen, began = Shown(), time.monotonic()
    print(f"setting up {venv} ({_output(venv, '-c', _COUNT, str(lock)).strip()} packages of {lock}) ...", flush=True)
    install(venv, lock, screen)
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "--no-deps"]
    for _ in lines_of([*pip, "--no-build-isolation", "--editable", "."]):
        screen.step("installing fpray itself")
    compile_all(venv, screen)
    screen.close()
    print(f"set up in {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
