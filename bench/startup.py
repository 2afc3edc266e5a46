"""The time from the prompt to the first server's JVM on an embedded Ray, by the real command line, and its parts."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from bench.common import BenchError, Row, Settings, estimate, median, say
from fpray.files import layout

_SHORT = ("warmup_duration=0.2s", "duration=0.3s")
_WORDS = {
    "interpreter": "Python starts",
    "imports": "imports: click, psutil, fpray",
    "checks": "checks: study, jar, suite directory",
    "ray": "the Ray process starts; in it: import ray, gcs, raylet",
    "actors": "role actors start; facts of the machine",
    "jvm": "ports, plan, files; the supervisor starts the JVM",
}


def measure(settings: Settings) -> list[Row]:
    """The plain command line for the whole time, and one with time stamps for the parts."""
    runs = settings.pick(5, 2)
    plainly, traced = [], []
    for i in range(runs):
        plainly.append(_run(settings, i, traced=False)["jvm"])
        traced.append(_run(settings, i, traced=True))
        say(f"start {i + 1} of {runs}: {plainly[-1]:.2f} s to the first JVM")
    whole = estimate(plainly)
    stations = sorted(traced[0], key=traced[0].__getitem__)
    parts = {b: median([t[b] - t[a] for t in traced]) for a, b in itertools.pairwise(stations)}
    return [
        Row("from the prompt to the first JVM", whole.text(".2f", " s"), "", None, {"s": vars(whole), "parts": parts}),
        *(Row(f"  {_WORDS.get(name, name)}", f"{seconds:.2f} s") for name, seconds in parts.items()),
    ]


def _run(settings: Settings, number: int, *, traced: bool) -> dict[str, float]:
    """Step -> when it was reached, in seconds after the start of the command."""
    scratch = settings.scratch / f"start_{'traced' if traced else 'plain'}_{number}"
    scratch.mkdir()
    program = "bench.traced_cli" if traced else "fpray"
    command = [str(Path(sys.executable).with_name("fpray"))] if not traced else [sys.executable, "-m", program]
    command += ["sweep", "unreplicated", "--local", "-s", str(scratch / "suites"), "--vary", "num_client_procs=1"]
    command += [word for value in _SHORT for word in ("--set", value)]
    stamps = scratch / "stamps.json"
    began = time.time_ns()
    done = subprocess.run(
        command, env=os.environ | {"BENCH_STAMPS": str(stamps)}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchError(f"{' '.join(command)} returned {done.returncode}: {done.stderr[-1000:]}")
    # The command is written once, 2 ms before the supervisor is asked to start it.
    (file,) = scratch.glob(f"suites/*/001/{layout.command_file('server')}")
    reached = {"jvm": file.stat().st_mtime_ns} | (json.loads(stamps.read_text()) if traced else {})
    return {"": 0.0} | {name: (at - began) / 1e9 for name, at in reached.items()}
