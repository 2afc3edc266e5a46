"""The report of a suite of 1,000 trials: its size, how long the command takes, and when a browser shows it.

`python -m bench.report_page --trials N` measures one by hand.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.common import BenchError, Row, Settings, median
from fpray.files import layout
from fpray.protocol.values import to_json
from fpray.store.columns import measured_columns, output_columns
from fpray.study.registry import find_protocol, find_study
from tests.support.browser import browser, chromium

TRIALS, ROUNDS = 1000, 5
_MOST_MB, _MOST_S, _MOST_PAINT_MS = 10.0, 10.0, 1000.0
_PROTOCOL = "multipaxos"
_PHASES = ("preparing", "starting", "starting clients", "measuring", "stopping", "collecting", "summarizing")
_PROCESSES = 16
_READY = "document.documentElement.dataset.figures === 'ready'"


def measure(settings: Settings) -> list[Row]:
    """The figures of a report; in a browser only where there is one.

    Raises:
        BenchError: the command fails.
    """
    trials = settings.pick(TRIALS, 50)
    suite, file = make_suite(settings.scratch / "report", trials), settings.scratch / "report.html"
    seconds = [_command(suite, file) for _ in range(settings.pick(3, 1))]
    size = file.stat().st_size / 1e6
    cpu, wall = median([cpu for cpu, _ in seconds]), median([wall for _, wall in seconds])
    rows = [
        Row(f"size of the report of {trials:,} trials", f"{size:.1f} MB", "under 10 MB", size < _MOST_MB),
        Row("  CPU time of the command", f"{cpu:.1f} s", "under 10 s", cpu < _MOST_S),
        Row("  its wall time", f"{wall:.1f} s"),
    ]
    if chromium() is None:
        return [*rows, Row("  first paint", "there is no Chromium")]
    paints, ready = zip(*(_shown(file) for _ in range(settings.pick(ROUNDS, 1))), strict=True)
    paint = median(paints)
    rows.append(Row("  first paint in Chromium", f"{paint:.0f} ms", "under 1 s", paint < _MOST_PAINT_MS))
    return [*rows, Row("  until table and figures are complete", f"{median(ready) / 1000:.1f} s")]


def make_suite(directory: Path, trials: int) -> Path:
    """A suite as multipaxos leaves one: 16 processes for each trial, logs, events; a trial in 20 has crashed."""
    suite = directory / "2026-11-29_12-00-00_ABCDEFGHIJ_multipaxos_bench"
    suite.mkdir(parents=True)
    protocol = find_protocol(_PROTOCOL)
    trials_of_study, _ = find_study(protocol, "smoke").trials(protocol, {}, {}, 1)
    params = to_json(trials_of_study[0].params)
    columns = [*output_columns(protocol), *measured_columns(protocol)]
    machine = {"hostname": "vm", "cpu": "AMD EPYC", "cores": 2, "memory_bytes": 2**34, "kernel": "Linux 6.1"}
    run = {"started": "2026-11-29 12:00:00", "machines": {f"10.0.0.{n}": machine for n in range(1, 17)}}
    record = {"schema": 1, "protocol": _PROTOCOL, "study": "bench", "points": [], "runs": [run], "planned": trials}
    record |= {"jar": {"name": "reference", "version": "0.1.0", "sha256": "0" * 64}}
    (suite / layout.SUITE).write_text(json.dumps(record))
    for number in range(1, trials + 1):
        _make_trial(suite / layout.trial_number(number), number, params, columns)
    return suite


def _make_trial(path: Path, number: int, params: dict[str, Any], columns: list[str]) -> None:
    path.mkdir()
    own = params | {"num_client_procs": 1 + number // 5 % 20, "num_clients_per_proc": 1 + number // 100}
    labels = [f"acceptor_{n}" for n in range(_PROCESSES - 2)] + ["client_0", "client_1"]
    failed = number % 20 == 0
    trial = {"schema": 1, "id": f"{number:016x}", "protocol": _PROTOCOL, "params": own, "repeat": number % 5}
    processes = [
        {"label": label, "host": f"10.0.0.{n + 1}", "port": 20000 + n, "kind": label.split("_", maxsplit=1)[0]}
        for n, label in enumerate(labels)
    ]
    events = [
        {"t": 10**18 + n * 10**7, "kind": "phase", "role": "", "label": labels[n % _PROCESSES], "detail": "listening"}
        for n in range(40)
    ]
    outcome = {
        "status": "crashed" if failed else "finished", "detail": "acceptor_1 exited with 1" if failed else "",
        "label": "acceptor_1" if failed else "", "lines": _lines(number, 10) if failed else [], "wall_s": 12.3,
        "results": {} if failed else {name: 1000.0 + number + n / 7 for n, name in enumerate(columns)},
        "doubts": ["clients measured together for 1 of 2 s"] if number % 7 == 0 else [], "checks": ["not_steady"],
        "processes": [{"label": label, "returncode": 0, "cpu_s": 1.5, "max_rss_kb": 90_000} for label in labels],
        "phases": {phase: 0.1 * (n + 1) for n, phase in enumerate(_PHASES)}, "hosts": ["10.0.0.1"],
    }  # fmt: skip
    (path / layout.TRIAL).write_text(json.dumps(trial | {"provenance": {"jar": "reference 0.1.0"}}))
    (path / layout.PLAN).write_text(json.dumps({"processes": processes}))
    (path / layout.EVENTS).write_text(json.dumps(events))
    for label in labels:
        (path / layout.stdout_file(label)).write_text("\n".join(_lines(number, 40)))
    (path / layout.OUTCOME).write_text(json.dumps(outcome))


def _lines(number: int, count: int) -> list[str]:
    return [f"2026-11-29T12:00:{n:02}.{number:06}Z [info] chose slot {number * n} of round {n}" for n in range(count)]


def _command(suite: Path, file: Path) -> tuple[float, float]:
    """CPU and wall seconds of the command."""
    began, before = time.monotonic(), os.times()
    words = [sys.executable, "-m", "fpray", "report", str(suite), "-o", str(file)]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    if done.returncode:
        raise BenchError(done.stderr.strip() or done.stdout.strip())
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return cpu, time.monotonic() - began


def _shown(file: Path) -> tuple[float, float]:
    """Milliseconds from the begin of loading until the first paint, and until everything is there; a new browser."""
    with browser() as page:
        page.look(1280, 900)
        page.open(file)
        page.until(_READY, 120)
        script = "[performance.getEntriesByName('first-contentful-paint')[0].startTime, window.readyAfter]"
        paint, ready = page.value(script)
        return float(paint), float(ready)


def main() -> int:
    """Measure one report; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m bench.report_page", description=__doc__)
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--keep", type=Path, metavar="DIRECTORY", help="leave the suite and the report there")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fpray-bench-") as name:
        place = args.keep or Path(name)
        suite, file = make_suite(place, args.trials), place / "report.html"
        cpu, wall = _command(suite, file)
        print(f"{file.stat().st_size / 1e6:.2f} MB, {cpu:.1f} s of CPU, {wall:.1f} s, load {os.getloadavg()[0]:.1f}")
        for _ in range(ROUNDS if chromium() else 0):
            paint, ready = _shown(file)
            print(f"first paint {paint:.0f} ms, complete after {ready:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
