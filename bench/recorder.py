"""Compares CSV -> Parquet -> summary with FrankenPaxos's pandas code: numbers, time and peak memory.

    python bench/recorder.py [--rows N] [--files K] [--rate R] [--repeats N] [--python PATH]

Writes client files like those of the jar (labels read and write, 0 to 9 fractional digits). Then runs three ways in
separate processes, in turn, N times: fpray (to Parquet, then a summary), pandas as the original calls it, and pandas
with the date format given. Exit code 1: less than 20 times the speed of the original's calls (in the pandas of
--python if given), other numbers, or memory that grows with the number of files. The best of the N runs counts for
each way. pandas works on one core: its CPU seconds count if they are fewer than its seconds. fpray works on all cores:
its seconds count. So a load from other processes cannot raise the ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fpray.files import layout

BEGIN_NS = 1_795_321_397_000_000_000
OUTPUTS = {"read": "read_output.", "write": "write_output."}


def write_client(path: Path, rows: int, rate: float, seed: int) -> None:
    """One client's file: `rows` requests at `rate` per second, in the order of their stops."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv

    rng = np.random.default_rng(seed)
    start = BEGIN_NS + np.cumsum(rng.exponential(1e9 / rate, rows)).astype(np.int64)
    latency = rng.lognormal(13, 0.6, rows).astype(np.int64)
    unit = rng.choice([1, 1_000, 1_000_000, 1_000_000_000], rows, p=[0.898, 0.1, 0.00199, 0.00001])
    start -= start % unit
    order = np.argsort(start + latency, kind="stable")
    start, latency = start[order], latency[order]

    def instants(times: Any) -> Any:
        text = pc.cast(pa.array(times).cast(pa.timestamp("ns", "UTC")), pa.string())
        text = pc.replace_substring(text, " ", "T")
        return pc.replace_substring_regex(text, r"\.?(000)+Z$", "Z")  # as Instant.toString does

    labels = np.where(rng.random(rows) < 0.5, "read", "write")
    columns = {
        "start": instants(start),
        "stop": instants(start + latency),
        "count": np.ones(rows, np.int64),
        "latency_nanos": latency,
        "label": labels,
    }
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
    with path.open("wb") as file:
        file.write(b"start,stop,count,latency_nanos,label\n")
        pyarrow.csv.write_csv(pa.table(columns), file, options)


# The steps of FrankenPaxos's benchmark.py, for any pandas from 1.1 (Python 3.6) to today's.
PANDAS = """
import json, sys, time
import pandas as pd

outputs, options, files = json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
begin, cpu_begin = time.perf_counter(), time.process_time()
frames = [pd.read_csv(f, header=0, parse_dates=["start", "stop"], **options) for f in files]
df = pd.concat(frames, ignore_index=True)
for name in ("start", "stop"):
    # Where the digits after the second are mixed, today's read_csv may give up and leave text.
    if not pd.api.types.is_datetime64_any_dtype(df[name]):
        df[name] = pd.to_datetime(df[name], format="ISO8601")
df = df.set_index("start").sort_index()
numbers = {}
for label in df["label"].unique():
    mine = df[df["label"] == label]
    rates = mine["count"].sort_index().rolling("1000ms").sum() / 1.0
    rates = rates[rates.index >= rates.index[0] + pd.DateOffset(microseconds=1000000)]
    for series, pattern in ((mine["latency_nanos"] / 1e6, "latency.{}_ms"), (rates, "start_throughput_1s.{}")):
        values = [series.mean(), series.median(), series.min(), series.max()]
        values += [series.quantile(q) for q in (0.90, 0.95, 0.99)]
        for name, value in zip(("mean", "median", "min", "max", "p90", "p95", "p99"), values):
            numbers[outputs[label] + pattern.format(name)] = float(value)
seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu_begin
# Not ru_maxrss: Linux lets a process inherit that from its parent.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({"seconds": seconds, "cpu": cpu, "mib": int(peak.split()[1]) / 1024,
                  "numbers": numbers, "with": "pandas " + pd.__version__}))
"""
FPRAY = """
import json, sys, time
from fpray.recorder.csv_reader import ClientFile
from fpray.recorder.parquet_writer import RecorderWriter
from fpray.recorder.summary import summarize

outputs, parquet, files = json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
begin, cpu_begin = time.perf_counter(), time.process_time()
with RecorderWriter(parquet) as writer:
    for i, f in enumerate(files):
        writer.add(ClientFile(f, f"client_{i}"))
gathered = time.perf_counter() - begin
numbers = summarize(parquet, outputs=outputs, closed_loops=200).columns
seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu_begin
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({"seconds": seconds, "cpu": cpu, "mib": int(peak.split()[1]) / 1024,
                  "numbers": numbers, "with": f"fpray, {gathered:.2f} s of it to Parquet"}))
"""


def run(script: str, option: Any, files: list[Path], python: str = sys.executable) -> dict[str, Any]:
    """Runs a script in a process of its own: seconds (without imports), CPU seconds, peak MiB, numbers."""
    command = [python, "-c", script, json.dumps(OUTPUTS), json.dumps(option), *map(str, files)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]) if script == FPRAY else ""}
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment).stdout
    return dict(json.loads(output))


def main() -> int:
    """Prints the table; see the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of all files together")
    parser.add_argument("--files", type=int, default=10)
    parser.add_argument("--rate", type=float, default=400_000, help="rows per second of all files together")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each way; the best counts")
    parser.add_argument("--python", help="a Python with another pandas, such as FrankenPaxos's: 1.1.5 on Python 3.6")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fpray-bench-") as name:
        scratch = Path(name)
        files = [scratch / layout.data_file(f"client_{i}") for i in range(args.files)]
        for i, file in enumerate(files):
            write_client(file, args.rows // args.files, args.rate / args.files, i)
        exit_code = report(files, scratch, args.repeats, args.python)
        for file in files:
            file.unlink()
        return exit_code | memory(scratch, args.rows // 20, args.rate)


def report(files: list[Path], scratch: Path, repeats: int, python: str | None) -> int:
    """Time and numbers."""
    parquet = str(scratch / layout.RECORDER)
    ways: list[tuple[str, str, Any, str]] = [
        ("", FPRAY, parquet, sys.executable),
        ("original calls", PANDAS, {}, sys.executable),
        ("given the date format", PANDAS, {"date_format": "ISO8601"}, sys.executable),
    ]
    if python:
        ways.insert(2, ("original calls", PANDAS, {}, python))
    rounds = [[run(script, option, files, with_) for _, script, option, with_ in ways] for _ in range(repeats)]
    print(f"{len(files)} files, {sum(f.stat().st_size for f in files) / 1e6:.0f} MB, best of {repeats}")
    print(f"{'':52}{'seconds':>9}{'ratio':>7}{'CPU s':>8}{'peak MiB':>10}{'difference':>12}")
    ours, worst, ratios = best([round_[0] for round_ in rounds]), 0.0, list[float]()
    for (title, *_), runs in zip(ways, zip(*rounds, strict=True), strict=True):
        theirs = best(runs)
        pairs = [(value, ours["numbers"][name]) for name, value in theirs["numbers"].items()]
        difference = max(abs(a - b) / max(abs(a), 1e-12) for a, b in pairs)
        ratio = min(theirs["seconds"], theirs["cpu"]) / ours["seconds"] if title else 1.0
        worst, ratios = max(worst, difference), [*ratios, ratio]
        line = f"{theirs['seconds']:9.2f}{ratio:7.1f}{theirs['cpu']:8.2f}{theirs['mib']:10.0f}{difference:12.1e}"
        print(f"{', '.join(filter(None, (theirs['with'], title))):52}{line}", flush=True)
    return int(worst > 5e-7 or ratios[2 if python else 1] < 20)


def best(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The fewest seconds and the fewest CPU seconds, the highest peak."""
    quickest = min(runs, key=lambda run: float(run["seconds"]))
    return quickest | {"cpu": min(run["cpu"] for run in runs), "mib": max(run["mib"] for run in runs)}


def memory(scratch: Path, rows: int, rate: float) -> int:
    """Peak memory of fpray with 2 and with 20 files of the same size: 10 times the rows, at the same rate in total."""
    peaks = []
    for count in (2, 20):
        files = [scratch / f"of_{count}_{i}.csv" for i in range(count)]
        for i, file in enumerate(files):
            write_client(file, rows, rate / count, i)
        peaks.append(run(FPRAY, str(scratch / layout.RECORDER), files)["mib"])
        for file in files:
            file.unlink()
    print(f"peak MiB with 2 / 20 files of {rows} rows: {peaks[0]:.0f} / {peaks[1]:.0f}")
    return int(peaks[1] > 1.2 * peaks[0] + 16)


if __name__ == "__main__":
    sys.exit(main())
