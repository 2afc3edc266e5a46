"""Runs bench/recorder.py, the comparison of the recorder with pandas, for its table and its verdict."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from bench.common import BenchError, Row, Settings, say

SCRIPT = Path(__file__).with_name("recorder.py")
BOUND = ">= 20 times pandas, same numbers, memory independent of the number of files"


def measure(settings: Settings) -> list[Row]:
    """The rows of its table; its exit code is the verdict on all its bounds."""
    options = ["--rows", "1000000", "--repeats", "1"] if settings.quick else []
    say("10 million rows, three ways: some minutes")
    done = subprocess.run([sys.executable, str(SCRIPT), *options], capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    if not lines:
        raise BenchError(f"{SCRIPT.name} returned {done.returncode}: {done.stderr[-1000:]}")
    figures = {"output": lines, "returncode": done.returncode}
    # Too few rows for the ratio to mean anything: only the full run judges.
    met = None if settings.quick else done.returncode == 0
    return [Row("recorder", _times(lines), BOUND, met, figures), *(Row(f"  {line}", "") for line in lines)]


def _times(lines: list[str]) -> str:
    for line in lines:
        if match := re.match(r"pandas.*original calls +([0-9.]+) +([0-9.]+)", line):
            return f"{match[2]} times the speed of the original way"
    return "see below"
