"""A process that does the kills of one lane, in a network of its own: fpray runs one trial at a time on a network."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from bench.kills.case import case_of
from bench.kills.chain import Chain
from bench.kills.lines import Lines
from tests.support.isolation import isolate_network

STATE = Path(__file__).resolve().parents[2] / ".build" / "kills"


def lines_of(seed: int) -> Lines:
    """Of all kills with a seed."""
    return Lines(STATE / f"lines-{seed}.jsonl")


def work(seed: int, kills: int, lane: int, lanes: int, until: float) -> None:
    """Do the kills of a lane that have no line yet, until the time (of the monotonic clock) is over."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not isolate_network() and lanes > 1:
        raise SystemExit("several lanes need networks of their own: run as root, with `ip`")
    parent, lines = os.getppid(), lines_of(seed)
    chain, through = Chain(STATE / f"lane-{lane}"), lines.read()
    try:
        for number in range(1 + lane, kills + 1, lanes):
            if number in through:
                continue
            if time.monotonic() > until or os.getppid() != parent:
                break
            line = chain.kill(case_of(number, seed))
            lines.add(line)
            _say(line, seed)
        for wrong in chain.close():
            print(f"the suite at the end of a piece: {wrong}", flush=True)
    except KeyboardInterrupt:
        print("stopped: the kill under way is done again by the next piece", flush=True)


def _say(line: dict[str, object], seed: int) -> None:
    wrong = line["violations"]
    about = case_of(int(str(line["number"])), seed).in_words()
    hit = f"hit in {line.get('hit_phase')}" if line["victim_pid"] else "nothing was hit"
    print(f"{about} · {hit} · exit code {line['exit_code']} · {line['took_s']} s · {wrong or 'right'}", flush=True)
