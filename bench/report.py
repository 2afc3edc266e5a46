"""Writes docs/performance.md from .build/bench.json, the figures of one run: `python -m bench.report`."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / ".build" / "bench.json"
DOCUMENT = ROOT / "docs" / "performance.md"
SEARCHES = "<!-- searches: by bench.search -->"  # `bench.search` writes what follows
ABOUT = {
    "harness": (
        "What a warm trial costs",
        (
            "The wall time of a warm trial (from the end of the trial before until its outcome is there), minus that of"
            " a plain script. The script starts the same argv in the same stages, looks at the sockets until they"
            " listen, and stops everything by TERM. Pairs in random order, 1.5 s of load; median and 95 % interval of"
            " the differences. While the script runs, all processes of fpray and Ray are stopped by SIGSTOP."
        ),
    ),
    "start": (
        "From the prompt to the first JVM",
        (
            "`fpray sweep unreplicated --local`, from the shell's exec to that of the first server. The parts are"
            " medians of separate runs with time stamps (`bench/traced_cli.py`). A sweep pays this once."
        ),
    ),
    "calls": (
        "What a call costs",
        (
            "The driver never connects to Ray; its Ray process does, and passes calls on. 1,000 calls to a role actor,"
            " one after the other, from the driver and from a process that is connected to Ray itself; median and its"
            " 95 % interval."
        ),
    ),
    "disturbance": (
        "Whether fpray disturbs what it measures",
        (
            "Unreplicated under fpray and by the plain script, in pairs in random order. fpray and Ray are stopped"
            " while the script runs. Median and 95 % interval of the ratio. In turns: within trials, all processes of"
            " fpray and Ray run for 1.5 s and are stopped for 1.5 s, in pairs in random order. CPU is that of"
            " driver, Ray, actors and supervisors in the middle of measured windows, from two reads of"
            " `/proc/<pid>/stat`."
        ),
    ),
    "samples": (
        "What samples of machines cost",
        (
            "In turns of 2 s within trials of unreplicated, role actors run or are suspended: while clients measure,"
            " they only sample. CPU is that of all role actors in the middle of measured windows, by the kernel's"
            " nanoseconds, of trials with samples less that of trials with `--no-samples`."
        ),
    ),
    "jar": (
        "How fast the reference jar is",
        (
            "Plain runs at log level fatal, 4 s after 3 s of warm-up, compared with the figures of FrankenPaxos's jar"
            " on such a machine. `BENCH_JAR=PATH make bench` runs another jar beside it. The last two rows are ratios"
            " of runs that alternate."
        ),
    ),
    "recorder": (
        "From recorder files to numbers",
        "10 million rows from CSV to summary, compared with the pandas code of FrankenPaxos (`bench/recorder.py`).",
    ),
    "loading": (
        "From a suite to distributions",
        (
            "The median and p99 of the latencies of each trial, as `fpray plot --kind ecdf` reads them, of suites with"
            " a million rows for each trial, compared with pandas on the same Parquet files (`bench/loading.py`). The"
            " trials of a suite are one file with many names, so all of it is in the memory of the file system. The"
            " best of 3 runs in turn; one run for 100 million rows."
        ),
    ),
    "scale": (
        "What thousands of trials cost the driver",
        (
            "10,000 trials of one second in parallel on 200 allocations. Machines, and what runs on them, are simulated"
            " (`bench/scale.py`); every file of the store is written. Then the same command again, when all trials but"
            " one have finished."
        ),
    ),
    "doubts": (
        "How often doubts are right",
        (
            "Made trials of 8 clients (`bench/doubts.py` says of what), 1,000 for each line, with the seed 14: steady"
            " ones, and ones with a pathology. Warm-ups are steps and ramps, from 40 to 70 % of the later pace, which"
            " end after 0.5 to 4 s."
        ),
    ),
    "comparison": (
        "How often a comparison errs",
        (
            "`fpray compare` on simulated suites (`bench/comparison.py`): 50 pairs with 3 repeats on each side and"
            " lognormal noise, where a row says nothing else. In equal suites, any call of a pair or over all is an"
            " error. After ± is 1.96 standard errors of the simulation. `python -m bench.comparison --table CSV` splits"
            " the repeats of published results at random."
        ),
    ),
    "histories": (
        "How often a history errs",
        (
            "`fpray compare --history` on simulated versions (`bench/histories.py`): 20 versions, 3 repeats, a noise of"
            " 3 % for throughput and median, and of 9 % for p99, where a row says nothing else. A change is at any"
            " version, and of all points. After ± is 1.96 standard errors of the simulation."
        ),
    ),
    "adaptive": (
        "How often the intervals of repeats until a throughput is known hold",
        (
            "`--repeat until:2%` on made points, 4,000 for each line, with 3 to 10 repeats (`bench/adaptive.py`). After"
            " ± is 1.96 standard errors of the simulation."
        ),
    ),
    "report": (
        "How large and how fast a report is",
        (
            "`fpray report` of a suite of 1,000 trials of multipaxos with 16 processes each, made for this: its size,"
            " the command, and Chromium without a window (`bench/report_page.py`). The first paint counts from the"
            " begin of loading, in a new browser."
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
    yield from paragraph(
        f"One run of `make bench`, {report['began']}, jar {report['reference_jar']}, on {machine}."
        " Ratios and differences are from that run alone; absolute figures are those of this machine."
        " `python -m bench --only NAME` runs one part; `python -m bench.report` writes this from the last full run."
    )
    for name, (title, about) in ABOUT.items():
        part = report[name]
        yield from ("", f"## {title}", *paragraph(about), "")
        yield f"`python -m bench --only {name}`; load average at its end {part['load'][0]:.1f}."
        yield ""
        yield "| | figure | bound | |"
        yield "|---|---|---|---|"
        for row in part["rows"]:
            cells = (" ".join(row["what"].split()), row["value"], row["bound"], verdict(row["met"]))
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def verdict(met: bool | None) -> str:
    """Whether a bound is met, in a table's cell; empty where there is no bound."""
    return {None: "", True: "met", False: "**missed**"}[met]


def write_section(begin: str, text: str, end: str) -> None:
    """Write what a bench measured into docs/performance.md, between its markers; at its end, if there are none."""
    head, _, rest = DOCUMENT.read_text().partition(begin)
    tail = rest.partition(end)[2]
    DOCUMENT.write_text(f"{head.rstrip()}\n\n{begin}\n{text.rstrip()}\n{end}\n{tail.lstrip()}")


def paragraph(text: str) -> list[str]:
    """Prose in lines of a readable length."""
    return textwrap.wrap(text, 118, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    sys.exit(main())
