"""Runs a construction: under fpray, which says what limits it, and by the plain script without each of its burns."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import plain
from bench.bottlenecks.construction import Construction
from bench.bottlenecks.judge import GAIN
from bench.common import BenchError
from fpray.driver.selection import TrialSelection
from fpray.files import layout
from fpray.store.bottleneck import COLUMNS

_TIMES = {"warmup_duration": "2s", "warmup_timeout": "20s", "duration": "5s", "timeout": "30s"}
_LONGEST_S = 300.0
_MORE = 4  # times the load, which shows whether it is too small
# The clients on one core, all else on the other. `exec` keeps the process, so fpray signals the JVM itself.
_PINNED_JAVA = """#!/bin/sh
case "$*" in *ClientMain*) core=0 ;; *) core=1 ;; esac
exec taskset -c "$core" java "$@"
"""


def run(construction: Construction, directory: Path, jar: Path) -> dict[str, Any]:
    """The line of a construction: its verdict, its throughput, and what it gains without each burn.

    Where no burn limits it: what it gains by more load, too.

    Raises:
        BenchError: a run gave no throughput, or fpray no verdict.
    """
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    java = _java(construction, directory)
    trial = _under_fpray(construction, directory / "suites", jar, java)
    results = json.loads((trial / layout.OUTCOME).read_text())["results"]
    if results.get("bottleneck.kind") is None:
        raise BenchError(f"no verdict: see {trial}")
    points = _points(construction)
    whole = plain.numbers_of_parquet(trial / layout.RECORDER, plain.the_trial(points)).throughput
    gains = {}
    for role in construction.burns:
        others = {other: micros for other, micros in construction.burns.items() if other != role}
        gains[role] = _plainly(points, others, directory / f"without_{role}", jar, java) / whole - 1
    more = None
    if not any(gain > GAIN for gain in gains.values()):
        more = _plainly(_points(construction, _MORE), construction.burns, directory / "more", jar, java) / whole - 1
    verdict = {name: results.get(name) for name in COLUMNS}
    return {"what": construction.in_words(), "throughput": whole, "gains": gains, "more load": more, "verdict": verdict}


def _java(construction: Construction, directory: Path) -> str:
    if not construction.pinned:
        return "java"
    java = directory / "java"
    java.write_text(_PINNED_JAVA)
    java.chmod(0o755)
    return str(java)


def _points(construction: Construction, times: int = 1) -> TrialSelection:
    params = {**construction.params, "num_clients_per_proc": times * construction.loops}
    procs = params.pop("num_client_procs")
    return TrialSelection(construction.protocol, vary={"num_client_procs": [procs]}, set={**params, **_TIMES})


def _under_fpray(construction: Construction, suites: Path, jar: Path, java: str) -> Path:
    """The directory of the trial."""
    points = _points(construction)
    pairs = [f"{name}={value}" for name, value in points.set.items()]
    procs = points.vary["num_client_procs"][0]
    words = ["sweep", construction.protocol, "--local", "-s", str(suites), "--jar", str(jar), "--java", java]
    words += ["--vary", f"num_client_procs={procs}", *(word for pair in pairs for word in ("--set", pair))]
    words += [w for role, args in _jvm_args(construction.burns).items() for w in ("--jvm-arg", f"{role}:{args[0]}")]
    done = subprocess.run(
        [sys.executable, "-m", "fpray", *words], capture_output=True, text=True, timeout=_LONGEST_S, check=False
    )
    trials = list(suites.glob(f"*/001/{layout.RECORDER}"))
    if done.returncode or len(trials) != 1:
        raise BenchError(f"fpray sweep returned {done.returncode}: {(done.stdout + done.stderr)[-500:]}")
    return trials[0].parent


def _plainly(points: TrialSelection, burns: Mapping[str, int], directory: Path, jar: Path, java: str) -> float:
    done = plain.run(plain.the_trial(points), directory, jar, java, _jvm_args(burns))
    return done.numbers().throughput


def _jvm_args(burns: Mapping[str, int]) -> dict[str, list[str]]:
    return {role: [f"-Dfpray.burn_us={micros}"] for role, micros in burns.items()}
