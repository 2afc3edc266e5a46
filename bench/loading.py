"""Loading and summarizing the rows of a whole suite: 10 million against pandas, and 100 million in bounded memory.

`python -m bench.loading --rows N` measures one number of rows by hand.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from bench.common import BenchError, Row, Settings, say
from bench.recorder import write_client
from bench.report_page import make_suite
from fpray.files import layout
from fpray.recorder.csv_reader import ClientFile
from fpray.recorder.parquet_writer import RecorderWriter

OF_A_TRIAL, FEW, MANY, ROUNDS = 1_000_000, 10_000_000, 100_000_000, 3
_MOST_MEMORY, _FASTER, _ALIKE = 1.2, 1.0, 0.015  # quantiles are counted in steps of 1 %
_RATE = 100_000
# What `fpray plot --kind ecdf` reads of each trial: its window, and the requests in it by their latency.
FPRAY = """
import json, sys, time
begin = time.perf_counter()
import fpray
from fpray_analysis.latency_counts import LatencyCounts
results, numbers, rows = fpray.load(sys.argv[1]), {}, 0
for trial in results.trials.select(["trial"]).to_pylist():
    counts = LatencyCounts()
    counts.add(results.rows_of(trial))
    latencies, shares = counts.up_to()
    numbers[trial["trial"]] = [float(latencies[(shares >= q).argmax()]) for q in (0.5, 0.99)]
    rows += counts.total
"""
PANDAS = """
import json, pathlib, sys, time
begin = time.perf_counter()
import pandas as pd
files = sorted(pathlib.Path(sys.argv[1]).glob(f"*/{sys.argv[2]}"))
names = ["client", "start", "stop", "count", "latency_nanos"]
df = pd.concat([pd.read_parquet(f, columns=names).assign(trial=f.parent.name) for f in files], ignore_index=True)
starts = df.groupby(["trial", "client"], observed=True)["start"].agg(["min", "max"]).groupby("trial")
window = pd.DataFrame({"begin": starts["min"].max(), "end": starts["max"].min()}).loc[df["trial"]]
df = df[(df["stop"].values >= window["begin"].values) & (df["stop"].values < window["end"].values)]
quantiles = (df.groupby("trial")["latency_nanos"].quantile([0.5, 0.99]) / 1e6).unstack()
numbers, rows = {trial: list(row) for trial, row in quantiles.iterrows()}, int(df["count"].sum())
"""
_END = """
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
seconds = time.perf_counter() - begin
print(json.dumps({"seconds": seconds, "mib": int(peak.split()[1]) / 1024, "numbers": numbers, "rows": rows}))
"""


def measure(settings: Settings) -> list[Row]:
    """Time, memory and numbers.

    Raises:
        BenchError: a way fails, or the numbers differ.
    """
    few, many = settings.pick(FEW, 2 * OF_A_TRIAL), settings.pick(MANY, 4 * OF_A_TRIAL)
    suites = {rows: suite_with_rows(settings.scratch / f"rows-{rows}", rows) for rows in (few, many)}
    say(f"{few:,} rows, two ways, and {many:,} rows")
    rounds = [(_run(FPRAY, suites[few]), _run(PANDAS, suites[few])) for _ in range(settings.pick(ROUNDS, 1))]
    ours, theirs = (min(runs, key=lambda run: float(run["seconds"])) for runs in zip(*rounds, strict=True))
    _check_alike(ours["numbers"], theirs["numbers"])
    large = _run(FPRAY, suites[many])
    faster, memory = theirs["seconds"] / ours["seconds"], large["mib"] / ours["mib"]
    figures = {"fpray": ours, "pandas": theirs, "many": large}
    bounds = f"at least {_FASTER:g}", f"at most {_MOST_MEMORY:g}"
    return [
        Row(f"{few:,} rows: speed over that of pandas", f"{faster:.1f}", bounds[0], faster >= _FASTER, figures),
        Row("  fpray", _words(ours)),
        Row("  pandas", _words(theirs)),
        Row(f"{many:,} rows", _words(large)),
        Row("  memory over that of the fewer rows", f"{memory:.2f}", bounds[1], memory <= _MOST_MEMORY),
    ]


def suite_with_rows(directory: Path, rows: int) -> Path:
    """A suite with so many rows, a million for each trial, all with the same rows: one file with many names."""
    suite = make_suite(directory, rows // OF_A_TRIAL)
    file = directory / layout.RECORDER
    _write_rows(file, directory)
    for trial in sorted(suite.glob("[0-9]*")):
        os.link(file, trial / layout.RECORDER)
    return suite


def _write_rows(file: Path, scratch: Path) -> None:
    """Two clients with half a million requests each, as the trials of a sweep record them."""
    with RecorderWriter(file) as writer:
        for number in range(2):
            data = scratch / layout.data_file(f"client_{number}")
            write_client(data, OF_A_TRIAL // 2, _RATE / 2, seed=number)
            writer.add(ClientFile(data, f"client_{number}"))
            data.unlink()


def _run(script: str, suite: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", script + _END, str(suite), layout.RECORDER], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchError(done.stderr.strip()[-1000:])
    return dict(json.loads(done.stdout))


def _check_alike(ours: dict[str, list[float]], theirs: dict[str, list[float]]) -> None:
    """Raises BenchError if a quantile of a trial differs by more than its steps."""
    for trial, values in theirs.items():
        if not np.allclose(values, ours[trial], rtol=_ALIKE):
            raise BenchError(f"the quantiles of trial {trial} differ: {ours[trial]} and {values} (pandas)")


def _words(run: dict[str, Any]) -> str:
    return f"{run['seconds']:.1f} s, at most {run['mib']:.0f} MiB"


def main() -> int:
    """Measure one number of rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=FEW)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fpray-bench-") as name:
        suite = suite_with_rows(Path(name), args.rows)
        for title, script in (("fpray", FPRAY), ("pandas", PANDAS)):
            print(f"{title}: {_words(_run(script, suite))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
