"""`make bench`: runs the measurements, prints a table, writes the figures into .build; 1 if a bound is missed.

A full run becomes .build/bench.json, from which `python -m bench.report` writes docs/performance.md. Any other run
becomes .build/bench-partial.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bench import (
    adaptive,
    calls,
    comparison,
    disturbance,
    doubts,
    harness,
    histories,
    jar,
    loading,
    recording,
    report_page,
    samples,
    scale,
    startup,
)
from bench.common import Row, Settings, safely, say
from fpray.jar.find import find_jar
from fpray.node.facts import machine_facts

MEASUREMENTS: dict[str, Callable[[Settings], list[Row]]] = {
    "harness": harness.measure,
    "start": startup.measure,
    "calls": calls.measure,
    "disturbance": disturbance.measure,
    "samples": samples.measure,
    "jar": jar.measure,
    "recorder": recording.measure,
    "loading": loading.measure,
    "scale": scale.measure,
    "doubts": doubts.measure,
    "comparison": comparison.measure,
    "histories": histories.measure,
    "adaptive": adaptive.measure,
    "report": report_page.measure,
}
RESULTS = Path(__file__).resolve().parent.parent / ".build" / "bench.json"


def main() -> int:
    """Run what was asked for; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--jar", type=Path, metavar="PATH", help="run this jar beside the reference jar, too")
    parser.add_argument("--quick", action="store_true", help="a shortened run, to try the bench out")
    parser.add_argument("--only", action="append", choices=MEASUREMENTS, help="(may be repeated)")
    args = parser.parse_args()
    report: dict[str, Any] = {"began": _now(), "quick": args.quick, "command": sys.argv[1:], "machine": _machine()}
    print(f"{report['began']} · {report['machine']['text']}", flush=True)
    missed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="fpray-bench-") as name:
        reference = find_jar(None, "java")
        report["reference_jar"] = str(reference)
        other = args.jar.expanduser().absolute() if args.jar else None
        settings = Settings(Path(name), reference.path, other, args.quick)
        for measurement in args.only or MEASUREMENTS:
            rows, seconds = _measure(measurement, settings)
            _print(measurement, rows, seconds)
            missed += [f"{measurement}: {row.what.strip()}" for row in rows if row.met is False]
            report[measurement] = {"seconds": seconds, "load": os.getloadavg(), "rows": [vars(row) for row in rows]}
    _write({**report, "ended": _now(), "missed": missed})
    print("every bound is met" if not missed else "missed: " + "; ".join(missed))
    return int(bool(missed))


def _measure(name: str, settings: Settings) -> tuple[list[Row], float]:
    say(f"measuring: {name}")
    began = time.monotonic()
    return safely(partial(MEASUREMENTS[name], settings), name), time.monotonic() - began


def _print(name: str, rows: list[Row], seconds: float) -> None:
    width = max(len(row.what) for row in rows)
    print(f"\n{name} ({seconds:.0f} s, load {os.getloadavg()[0]:.1f})")
    for row in rows:
        verdict = "" if row.met is None else "  ok" if row.met else "  MISSED"
        bound = f"  ({row.bound})" if row.bound else ""
        print(f"  {row.what:{width}}  {row.value}{bound}{verdict}", flush=True)


def _write(report: dict[str, Any]) -> None:
    whole = not report["quick"] and all(name in report for name in MEASUREMENTS)
    target = RESULTS if whole else RESULTS.with_name("bench-partial.json")
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(report, indent=1, default=str) + "\n")


def _machine() -> dict[str, Any]:
    facts = machine_facts("java")
    memory = facts["memory_bytes"] / 2**30
    jvm = str(facts["jvm"]).split(";", maxsplit=1)[0]
    text = f"{facts['cores']} cores ({facts['cpu']}), {memory:.0f} GiB, {facts['kernel']}"
    return {**facts, "text": f"{text}, {jvm}, Python {platform.python_version()}"}


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
