"""What profiling costs: the same trials with JDK Flight Recorder and without, in pairs."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

from bench.common import BenchError, Row, Settings, ratio, safely, say
from fpray.recorder.columns import THROUGHPUT, measured_latency
from fpray.store import columns
from fpray.store.outcome import Status
from fpray_analysis.loading import load

_FEWEST = 2  # pairs
_LATENCY = measured_latency("median")
# Of multipaxos 15 processes share the machine, so what profiling takes is taken from all of them.
_OUTPUTS = {"unreplicated": "", "multipaxos": "write_output."}


def measure(settings: Settings) -> list[Row]:
    """The ratios of both protocols."""
    parts = {name: partial(_ratios, name, settings) for name in _OUTPUTS}
    return [row for name, part in parts.items() for row in safely(part, name)]


def _ratios(protocol: str, settings: Settings) -> list[Row]:
    pairs = _pairs(protocol, settings)
    output, rows = _OUTPUTS[protocol], []
    for column, what in ((THROUGHPUT, "throughput"), (_LATENCY, "median latency")):
        numbers = [[float(trial[f"{output}{column}"]) for trial in pair] for pair in pairs]
        share = ratio([pair[1] for pair in numbers], [pair[0] for pair in numbers])
        figures = {"ratio": vars(share), "raw": numbers}
        rows.append(Row(f"{protocol}: {what} with -p / without", share.text(".3f"), "", None, figures))
    return rows


def _pairs(protocol: str, settings: Settings) -> list[list[dict[str, Any]]]:
    """Pairs of finished trials, of which the second one was profiled, from one sweep in random order."""
    number, seconds = settings.pick(21, 3), settings.pick(4, 1)
    suites = settings.scratch / f"profiling_{protocol}"
    sets = {"warmup_duration": "1s", "warmup_timeout": "30s", "duration": f"{seconds}s", "timeout": f"{seconds + 30}s"}
    command = [sys.executable, "-m", "fpray", "sweep", protocol, "--local", "-s", str(suites)]
    command += ["--vary", "num_client_procs=1", "--vary", "profiled=false,true"]
    command += [word for name, value in sets.items() for word in ("--set", f"{name}={value}")]
    command += ["--repeat", str(number), "--order", "random", "--jar", str(settings.jar)]
    say(f"{protocol}: {number} pairs with and without -p")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    pairs = _paired(next(suites.iterdir())) if suites.is_dir() else []
    if len(pairs) < _FEWEST:  # a trial that failed on a busy machine is left out with its pair
        raise BenchError(f"the sweep of {protocol} failed: {done.stderr[-1000:]}")
    return pairs


def _paired(suite: Path) -> list[list[dict[str, Any]]]:
    repeats: dict[int, dict[bool, dict[str, Any]]] = {}
    for row in load([suite]).trials.to_pylist():
        if row[columns.STATUS] == Status.FINISHED.value:
            repeats.setdefault(row[columns.REPEAT], {})[bool(row["profiled"])] = row
    return [[pair[False], pair[True]] for pair in repeats.values() if len(pair) == 2]
