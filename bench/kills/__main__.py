"""`make bench-kills`: 1,000 random kills, in pieces that go on where the last one ended; 1 if anything was wrong.

    python -m bench.kills --minutes 9      the next piece; --write puts the figures into docs/performance.md
    python -m bench.kills --only 417       one kill again, in a suite of its own; everything is printed

The number of a kill and the seed alone decide what is hit, by what, and when. Each kill writes a line into
bench/recorded/kills-SEED.jsonl as it ends; a piece that is stopped loses only the kill under way. A suite with which
something was wrong stays in .build/kills/.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import time
from multiprocessing import get_context

from bench.kills.case import KILLS, SEED, case_of
from bench.kills.chain import Chain
from bench.kills.document import BEGIN, END, section, table
from bench.kills.lane import STATE, lines_of, work
from bench.report import write_section
from fpray.jar.find import find_jar
from tests.support.isolation import isolate_network

_RESERVE_S = 35.0  # no kill begins so shortly before the end of a piece


def main() -> int:
    """See the module's docstring."""
    args = _parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    find_jar(None, "java")  # it is built once, not by each lane
    if args.only:
        return _again(args.only, args.seed)
    lines = lines_of(args.seed)
    if not args.report:
        until = time.monotonic() + 60 * args.minutes - _RESERVE_S
        shares = [(args.seed, args.kills, lane, args.lanes, until) for lane in range(args.lanes)]
        lanes = [get_context("spawn").Process(target=work, args=share) for share in shares]
        try:
            for lane in lanes:
                lane.start()
            for lane in lanes:
                lane.join()
        except KeyboardInterrupt:
            for lane in lanes:
                lane.terminate()  # it ends the command under way, and all that belongs to it
            raise
        if any(lane.exitcode for lane in lanes):
            return 1
    results = lines.read()
    print("\n".join(table(results, args.kills)))
    if args.write:
        write_section(BEGIN, section(results, args.kills, args.seed), END)
    return int(any(line["violations"] for line in results.values()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.kills", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=9.0, help="how long this piece takes")
    parser.add_argument("--kills", type=int, default=KILLS, help="how many there are in all")
    parser.add_argument(
        "--lanes", type=int, default=_usual_lanes(), help="chains side by side, each in its own network"
    )
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", type=int, metavar="N", help="do this kill again")
    parser.add_argument("--report", action="store_true", help="do no kill, only print the figures")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    return parser


def _usual_lanes() -> int:
    """What is fastest on 2 cores (three lanes were no faster), where a network of its own can be made."""
    return 2 if os.geteuid() == 0 and shutil.which("ip") else 1


def _again(number: int, seed: int) -> int:
    isolate_network()
    chain = Chain(STATE / f"only-{number}")
    line = chain.kill(case_of(number, seed))
    print(json.dumps(line, indent=1))
    end = chain.close()
    print(f"end of the suite: {end or 'right'}")
    return int(bool(line["violations"] or end))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
