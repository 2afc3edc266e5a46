"""`make bench-load`: fpray beside 30 busy loops, in pieces that go on where the last one ended; 1 if a bound is missed.

    python -m bench.under_load --minutes 9     the next piece; --write puts the figures into docs/performance.md

A start is a sweep of one short trial: it counts as soon as Ray runs and the trial began. A sweep is what a user types
first, `fpray sweep unreplicated`. Each run writes a line into bench/recorded/under-load.jsonl as it ends.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from bench.lines import RECORDED, Lines
from bench.report import paragraph, write_section
from fpray.files import layout
from fpray.jar.find import find_jar

STATE = Path(__file__).resolve().parent.parent / ".build" / "under-load"
BEGIN, END = "<!-- under load: by bench.under_load -->", "<!-- end of under load -->"
COMMANDS = {
    "start": "sweep unreplicated --local --vary num_client_procs=1 --set warmup_duration=0.2s --set duration=0.3s",
    "sweep": "sweep unreplicated",
}
_LONGEST_S, _END_S = 900.0, 120.0
_RESERVE_S = 60.0  # no run begins so shortly before the end of a piece
_ENDING = threading.Event()


def main() -> int:
    """See the module's docstring."""
    args = _parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    find_jar(None, "java")  # it is built once, before the load
    kinds = ["start"] * args.starts + ["sweep"] * args.sweeps
    lines = Lines(RECORDED / "under-load.jsonl")
    until = time.monotonic() + 60 * args.minutes - _RESERVE_S
    adding = threading.Lock()

    def run(number: int) -> None:
        if number in lines.read() or time.monotonic() > until or _ENDING.is_set():
            return
        line = {"number": number, "load": args.load, "beside": args.beside, **_run(kinds[number - 1], number)}
        if not _ENDING.is_set():
            with adding:
                lines.add(line)
            print(f"{number} of {len(kinds)}: {line['kind']}, {line['took_s']} s: {line['end']}", flush=True)

    with _load(args.load), ThreadPoolExecutor(args.beside) as pool:
        try:
            list(pool.map(run, range(1, len(kinds) + 1)))
        finally:
            _ENDING.set()
    results = list(lines.read().values())
    rows = list(_rows(results, {"start": args.starts, "sweep": args.sweeps}))
    print("\n".join(rows))
    if args.write:
        write_section(BEGIN, _section(rows, results, args.load), END)
    return int(any("**missed**" in row for row in rows))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.under_load", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=9.0, help="how long this piece takes")
    parser.add_argument("--load", type=int, default=30, help="busy loops")
    parser.add_argument("--beside", type=int, default=1, metavar="N", help="N runs at a time, beside the same loops")
    parser.add_argument("--starts", type=int, default=100)
    parser.add_argument("--sweeps", type=int, default=20)
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    return parser


@contextlib.contextmanager
def _load(loops: int) -> Iterator[None]:
    """A block beside busy loops, which end with this process even if it is killed."""
    loop = ["setpriv", "--pdeathsig", "KILL", "sh", "-c", "while :; do :; done"]
    processes = [subprocess.Popen(loop) for _ in range(loops)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _run(kind: str, number: int) -> dict[str, Any]:
    """One run of the command in an empty directory, and what it ended with."""
    directory = STATE / f"run-{number}"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    command = [str(Path(sys.executable).with_name("fpray")), *COMMANDS[kind].split()]
    began = time.monotonic()
    process = subprocess.Popen(
        command, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    until = began + _LONGEST_S
    while True:
        try:
            text = process.communicate(timeout=1.0)[0]
            break
        except subprocess.TimeoutExpired:
            if _ENDING.is_set() or time.monotonic() > until:
                text = f"{_end(process)}\nit took longer than {_LONGEST_S:.0f} s"
                break
    began_trials = len(list(directory.glob(f"suites/*/[0-9]*/{layout.command_file('server')}")))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not process.returncode:
        shutil.rmtree(directory, ignore_errors=True)
    return {
        "kind": kind,
        "code": process.returncode,
        "took_s": round(time.monotonic() - began, 1),
        "trials": began_trials,
        "right": bool(began_trials if kind == "start" else process.returncode == 0),
        "traceback": "Traceback" in text,
        "end": lines[-1] if lines else "",
        "output": text[-3000:] if process.returncode else "",
    }


def _end(process: subprocess.Popen[str]) -> str:
    """End a run as Ctrl-C does, or at once if that takes too long: all that it prints."""
    process.send_signal(signal.SIGINT)
    try:
        return process.communicate(timeout=_END_S)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[0]


def _rows(results: Sequence[Mapping[str, Any]], totals: Mapping[str, int]) -> Iterator[str]:
    yield from ("| | figure | bound | |", "|---|---|---|---|")
    whats = {
        "start": ("starts of an embedded Ray after which the trial began", 1.0),
        "sweep": ("`fpray sweep unreplicated`: sweeps that finished", 0.9),
    }
    for kind, (what, share) in whats.items():
        runs = [line for line in results if line["kind"] == kind]
        right, number = sum(line["right"] for line in runs), len(runs)
        met = "" if not number else "met" if right >= share * number else "**missed**"
        more = "" if number >= totals[kind] else f" ({totals[kind] - number} still to be done)"
        yield f"| {what} | {right} of {number}{more} | {share:.0%} | {met} |"
        times = [line["took_s"] for line in runs] or [0.0]
        yield f"| its seconds: median, and the longest | {np.median(times):.0f} s, {max(times):.0f} s | | |"
    bad = sum(line["traceback"] or not line["end"] for line in results)
    yield f"| ends with a traceback, or without a sentence | {bad} | 0 | {'**missed**' if bad else 'met'} |"
    yield from (f"| {line['kind']} {line['number']} | {line['end'][:200]} | | |" for line in results if line["code"])


def _section(rows: Sequence[str], results: Sequence[Mapping[str, Any]], load: int) -> str:
    at_once = sorted({line.get("beside", 1) for line in results})
    about = (
        f"`make bench-load`: {len(results)} runs on {os.cpu_count()} cores beside {load} busy loops,"
        f" {' or '.join(map(str, at_once))} at a time. A start is a sweep of one short trial. Sweeps of one machine"
        " wait for each other, so one that runs beside others also waits for their trials. The last lines are of runs"
        " with another exit code than 0."
    )
    return "\n".join([f"## Under a load of {load}", *paragraph(about), "", *rows])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
