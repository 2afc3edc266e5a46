"""Measures CSV -> Parquet -> summary against the pandas way of FrankenPaxos: same numbers, time and peak memory.

    python bench/recorder.py [--rows N] [--files K] [--rate R] [--repeats N]

Writes client files like the jar's (labels read and write, 0 to 9 fractional digits), then runs in separate
processes, in turn: fpray (gather and summarize), pandas as the original calls it, and pandas told the date format.
Exit code 1: less than 20 times the original's speed, other numbers, or memory that grows with the number of files.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

BEGIN_NS = 1_795_321_397_000_000_000
OUTPUTS: dict[str | None, str] = {"read": "read_output.", "write": "write_output."}
NAMES = ("mean", "median", "min", "max", "p90", "p95", "p99")


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


def fpray(files: list[Path], scratch: Path) -> dict[str, float | None]:
    """The path of a trial: CSV -> recorder.parquet -> summary."""
    from fpray.recorder import ClientFile, gather
    from fpray.summary import summarize

    parquet = scratch / "recorder.parquet"
    begin = time.perf_counter()
    gather((ClientFile(f, f"client_{i}") for i, f in enumerate(files)), parquet)
    gathered = time.perf_counter()
    columns = summarize(parquet, outputs=OUTPUTS, closed_loops=200).columns
    print(f"gather {gathered - begin:.2f} s, summary {time.perf_counter() - gathered:.2f} s", file=sys.stderr)
    return columns


def original(files: list[Path], _: Path, **kwargs: Any) -> dict[str, float | None]:
    """The steps of FrankenPaxos's benchmark.py in today's pandas."""
    import pandas as pd

    frames = [pd.read_csv(f, header=0, parse_dates=["start", "stop"], **kwargs) for f in files]
    df = pd.concat(frames, ignore_index=True)
    for name in ("start", "stop"):
        # Where the digits after the second are mixed, today's read_csv may give up and leave text.
        if not pd.api.types.is_datetime64_any_dtype(df[name]):
            df[name] = pd.to_datetime(df[name], format="ISO8601")
    df = df.set_index("start").sort_index()
    numbers: dict[str, float | None] = {}
    for label in df["label"].unique():
        mine = df[df["label"] == label]
        rates = mine["count"].sort_index().rolling("1000ms").sum() / 1.0
        rates = rates[rates.index >= rates.index[0] + pd.DateOffset(microseconds=1_000_000)]
        for series, pattern in ((mine["latency_nanos"] / 1e6, "latency.{}_ms"), (rates, "start_throughput_1s.{}")):
            values = [series.mean(), series.median(), series.min(), series.max()]
            values += [series.quantile(q) for q in (0.90, 0.95, 0.99)]
            for name, value in zip(NAMES, values, strict=True):
                numbers[OUTPUTS[label] + pattern.format(name)] = float(value)
    return numbers


def told(files: list[Path], scratch: Path) -> dict[str, float | None]:
    """The same, told the date format, which the original does not do."""
    return original(files, scratch, date_format="ISO8601")


WAYS: dict[str, Callable[[list[Path], Path], dict[str, float | None]]] = {
    "fpray": fpray,
    "original": original,
    "told": told,
}


def run(way: str, files: list[Path], scratch: Path) -> dict[str, Any]:
    """Runs one way in a process of its own: seconds (without imports), peak MiB, numbers."""
    command = [sys.executable, __file__, "--run", way, "--scratch", str(scratch), *map(str, files)]
    return dict(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))


def child(way: str, files: list[Path], scratch: Path) -> None:
    """Body of that process."""
    for module in ("pandas",) if way != "fpray" else ("fpray.recorder", "fpray.summary"):
        __import__(module)
    begin = time.perf_counter()
    numbers = WAYS[way](files, scratch)
    seconds = time.perf_counter() - begin
    # Not ru_maxrss: Linux lets a process inherit that from its parent.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(json.dumps({"seconds": seconds, "mib": int(peak.split()[1]) / 1024, "numbers": numbers}))


def main() -> int:
    """Prints the table; see the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000, help="of all files")
    parser.add_argument("--files", type=int, default=10)
    parser.add_argument("--rate", type=float, default=400_000, help="rows per second, of all files")
    parser.add_argument("--repeats", type=int, default=3, help="of fpray; its median counts")
    parser.add_argument("--run", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--scratch", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("paths", nargs="*", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run:
        child(args.run, args.paths, args.scratch)
        return 0
    with tempfile.TemporaryDirectory(prefix="fpray-bench-") as name:
        scratch = Path(name)
        files = [scratch / f"client_{i}_data.csv" for i in range(args.files)]
        for i, file in enumerate(files):
            write_client(file, args.rows // args.files, args.rate / args.files, i)
        return report(files, scratch, args.repeats) | memory(scratch, args.rows // 20, args.rate)


def report(files: list[Path], scratch: Path, repeats: int) -> int:
    """Time and numbers."""
    ours = [run("fpray", files, scratch) for _ in range(repeats)]
    seconds = statistics.median(r["seconds"] for r in ours)
    size = sum(f.stat().st_size for f in files) / 1e6
    print(f"{len(files)} files, {size:.0f} MB\n{'':28}{'seconds':>9}{'times':>8}{'peak MiB':>10}{'difference':>12}")
    print(f"{'fpray':28}{seconds:9.2f}{1:8.1f}{max(r['mib'] for r in ours):10.0f}{0:12.1e}")
    worst, ratios = 0.0, {}
    for way, title in (("original", "pandas, original calls"), ("told", "pandas, told the date format")):
        theirs = run(way, files, scratch)
        assert theirs["numbers"].keys() == ours[0]["numbers"].keys()
        pairs = [(theirs["numbers"][k], ours[0]["numbers"][k]) for k in theirs["numbers"]]
        difference = max(abs(a - b) / max(abs(a), 1e-12) for a, b in pairs)
        worst, ratios[way] = max(worst, difference), theirs["seconds"] / seconds
        print(f"{title:28}{theirs['seconds']:9.2f}{ratios[way]:8.1f}{theirs['mib']:10.0f}{difference:12.1e}")
    return int(worst > 5e-7 or ratios["original"] < 20)


def memory(scratch: Path, rows: int, rate: float) -> int:
    """Peak memory of fpray with 2 and with 20 files of the same size."""
    peaks = []
    for count in (2, 20):
        files = [scratch / f"of_{count}_{i}.csv" for i in range(count)]
        for i, file in enumerate(files):
            write_client(file, rows, rate / count, i)
        peaks.append(run("fpray", files, scratch)["mib"])
        for file in files:
            file.unlink()
    print(f"peak MiB with 2 / 20 files of {rows} rows: {peaks[0]:.0f} / {peaks[1]:.0f}")
    return int(peaks[1] > 1.2 * peaks[0] + 16)


if __name__ == "__main__":
    sys.exit(main())
