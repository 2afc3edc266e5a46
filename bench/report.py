"""Writes docs/performance.md from .build/bench.json, the figures of one run: `python -m bench.report`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / ".build" / "bench.json"
DOCUMENT = ROOT / "docs" / "performance.md"
SEARCHES = "<!-- searches: by bench.search -->"  # what follows comes from `bench.search`, and stays
ABOUT = {
    "harness": (
        "What a warm trial costs",
        (
            "Wall time of a warm trial (from the end of the one before until its outcome is told) minus that of"
            " a plain script: the same argv in the same stages, waiting by looks at the sockets until they listen, then"
            " TERM. Pairs in random order, 1.5 s of load; median and 95 % interval of the differences. While the script"
            " runs, everything of fpray and Ray is stopped with SIGSTOP."
        ),
    ),
    "start": (
        "From the prompt to the first JVM",
        (
            "`fpray sweep unreplicated --local`, from the shell's exec to the first server's; the parts are medians of"
            " separate runs with time stamps (`bench/traced_cli.py`). A sweep pays this once."
        ),
    ),
    "disturbance": (
        "Whether fpray disturbs what it measures",
        (
            "Unreplicated under fpray and by the plain script, pairs in random order, fpray and Ray stopped during the"
            " script's runs; median and 95 % interval of the ratio. CPU is that of driver, Ray, actors and supervisors"
            " in the middle of measuring windows, from two reads of `/proc/<pid>/stat`."
        ),
    ),
    "jar": (
        "How fast the reference jar is",
        (
            "Plain runs at log level fatal, 4 s after 3 s of warm-up, against what FrankenPaxos's jar gave on such a"
            " machine. `BENCH_JAR=PATH make bench` runs another jar beside it. The last two are ratios, the"
            " sides in turn."
        ),
    ),
    "recorder": (
        "From recorder files to numbers",
        "10 million rows from CSV to summary, beside the pandas way of FrankenPaxos (`bench/recorder.py`).",
    ),
    "scale": (
        "What thousands of trials cost the driver",
        (
            "10,000 trials of one second side by side on 200 slices; machines, and what happens on them, are simulated"
            " (`bench/scale.py`), every file of the store is written. Then the same command again, when all but one of"
            " them have finished."
        ),
    ),
}


def main() -> int:
    """Render the last run; a shortened or partial one is refused."""
    report = json.loads(RESULTS.read_text())
    lacking = [name for name in ABOUT if name not in report]
    if report["quick"] or lacking:
        print(f"{RESULTS} is not a full run: run `make bench` first", file=sys.stderr)
        return 1
    _, marker, searches = DOCUMENT.read_text().partition(SEARCHES)
    DOCUMENT.write_text("\n".join([*_lines(report), *(["", marker + searches.rstrip()] if marker else [])]) + "\n")
    return 0


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    machine = report["machine"]["text"]
    yield "# Performance"
    yield ""
    yield (
        f"One run of `make bench`, {report['began']}, jar {report['reference_jar']}, on {machine}."
        " Ratios and differences were taken within that run; absolute figures are this machine's."
        " One part alone: `python -m bench --only NAME`. `python -m bench.report` writes this from the last full run."
    )
    for name, (title, about) in ABOUT.items():
        part = report[name]
        yield from ("", f"## {title}", about, "")
        yield f"`python -m bench --only {name}`; load average at its end {part['load'][0]:.1f}."
        yield ""
        yield "| | figure | bound | |"
        yield "|---|---|---|---|"
        for row in part["rows"]:
            met = {None: "", True: "met", False: "**missed**"}[row["met"]]
            cells = (" ".join(row["what"].split()), row["value"], row["bound"], met)
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    sys.exit(main())
