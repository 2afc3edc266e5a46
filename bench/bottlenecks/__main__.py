"""`python -m bench.bottlenecks`: 100 constructions, in pieces that go on; 1 if a bound is missed.

    python -m bench.bottlenecks --minutes 9      the next piece; --write puts the figures into docs/performance.md
    python -m bench.bottlenecks --only 17        one construction again, printed; --report: only the figures so far

Each construction writes a line into bench/recorded/bottlenecks-SEED.jsonl as it ends. One that could not be run writes
none, and is tried again in the next piece. Nothing else may run on the machine.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from pathlib import Path

from bench.bottlenecks.construction import CONSTRUCTIONS, SEED, construction
from bench.bottlenecks.judge import BEGIN, END, is_right, rows, section
from bench.bottlenecks.runs import run
from bench.common import BenchError, say
from bench.lines import RECORDED, Lines
from bench.report import write_section
from fpray.jar.find import find_jar

STATE = Path(__file__).resolve().parents[2] / ".build" / "bottlenecks"
_RESERVE_S = 120.0  # no construction begins so shortly before the end of a piece


def main() -> int:
    """See the module's docstring."""
    args = _parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    jar = find_jar(None, "java").path
    if args.only:
        print(json.dumps(run(construction(args.only), STATE / "again", jar), indent=1))
        return 0
    lines = Lines(RECORDED / f"bottlenecks-{SEED}.jsonl")
    until = time.monotonic() + 60 * args.minutes - _RESERVE_S
    for number in range(1, args.constructions + 1):
        if args.report or time.monotonic() > until:
            break
        if number not in lines.read():
            _run(number, lines, jar)
    results = [line for number, line in sorted(lines.read().items()) if number <= args.constructions]
    table = list(rows(results, args.constructions))
    print("\n".join(table))
    if args.write:
        write_section(BEGIN, section(results, args.constructions), END)
    return int(any("**missed**" in row for row in table))


def _run(number: int, lines: Lines, jar: Path) -> None:
    one = construction(number)
    try:
        line = {"number": number, **run(one, STATE / "run", jar)}
    except BenchError as error:
        say(f"{one.in_words()}: not measured: {error}")
        return
    lines.add(line)
    verdict = " ".join(str(value) for value in line["verdict"].values())
    say(f"{one.in_words()}: {verdict}: {'right' if is_right(line) else 'WRONG'}, {line['gains']}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.bottlenecks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=9.0, help="how long this piece takes")
    parser.add_argument("--constructions", type=int, default=CONSTRUCTIONS)
    parser.add_argument("--only", type=int, metavar="N", help="run one construction again, and print its line")
    parser.add_argument("--report", action="store_true", help="run nothing")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
