"""A process that does the kills of one lane, in a network of its own: fpray runs one trial at a time on a network."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.kills.case import case_of
from bench.kills.chain import Chain
from bench.lines import RECORDED, Lines
from tests.support.isolation import isolate_network

STATE = Path(__file__).resolve().parents[2] / ".build" / "kills"


def lines_of(seed: int) -> Lines:
    """The lines of all kills with a seed."""
    return Lines(RECORDED / f"kills-{seed}.jsonl")


def work(seed: int, kills: int, lane: int, lanes: int, until: float) -> None:
    """Do the kills of a lane that have no line yet, until the time (of the monotonic clock) is over."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    if not isolate_network() and lanes > 1:
        raise SystemExit("several lanes need networks of their own: run as root, with `ip`")
    parent, lines = os.getppid(), lines_of(seed)
    directory, results = STATE / f"lane-{lane}", lines.read()
    _remove_leftovers(directory, results)
    chain, line = Chain(directory), None
    try:
        for kill in range(1 + lane, kills + 1, lanes):
            if kill in results:
                continue
            if time.monotonic() > until or os.getppid() != parent:
                break
            line = chain.kill(case_of(kill, seed))
            lines.add(line)
            _say(line, seed)
        if line is not None and (wrong := chain.close()):
            lines.add({**line, "violations": [*line["violations"], *wrong]})
            print(f"the suite at the end of a piece: {wrong}", flush=True)
    except KeyboardInterrupt:
        print("stopped: the kill under way is done again by the next piece", flush=True)


def _remove_leftovers(directory: Path, results: Mapping[int, Mapping[str, Any]]) -> None:
    """Remove the suites of pieces that were killed, but none with which something was wrong."""
    wrong = {line.get("suite") for line in results.values() if line["violations"]}
    for path in directory.glob("suite-*"):
        if str(path) not in wrong:
            shutil.rmtree(path, ignore_errors=True)


def _stop(_number: int, _frame: object) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # what is under way is ended in peace
    raise KeyboardInterrupt


def _say(line: Mapping[str, Any], seed: int) -> None:
    wrong = line["violations"]
    about = case_of(line["number"], seed).in_words()
    hit = f"hit in {line.get('hit_phase')}" if line["victim_pid"] else "nothing was hit"
    print(f"{about} · {hit} · exit code {line['exit_code']} · {line['took_s']} s · {wrong or 'right'}", flush=True)
