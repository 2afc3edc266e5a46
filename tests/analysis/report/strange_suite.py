"""A suite as a stranger could write it: all its texts try to run something, to end an element, or to hide."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

from fpray.files import layout

ATTACKS = (
    "<script>window.hacked=1</script>",
    "</script><script>window.hacked=2</script>",
    "</style><style>body{display:none}</style>",
    "<img src=x onerror='window.hacked=3'>",
    "\"><svg onload='window.hacked=4'>",
    "' onmouseover='window.hacked=5",
    "<a href='javascript:window.hacked=6'>a</a>",
    "<a href='https://example.org/'>b</a> %{customdata} $$\\href{javascript:1}{c}$$",
    "{{ 7 * 7 }}{% raw %}<!--",
    "-->]]>&lt;script&gt;window.hacked=7&lt;/script&gt;",
    "<iframe srcdoc='<script>parent.hacked=8</script>'></iframe>",
    "\u202egnp.exe \u2066\u200b \x00\x1b[31m\x07 \ud800 \u2028\u2029",
)
_TEXTS = itertools.cycle(ATTACKS)
LONG = "<b onclick=window.hacked=9>" * 40_000  # a line of a megabyte


def _text() -> str:
    return next(_TEXTS)


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value))


def strange_suite(directory: Path, trials: int = 12) -> Path:
    """A suite below a directory, with names, parameters, outputs and labels of a stranger."""
    suite = directory / "<img src=x onerror=window.hacked=10>"
    suite.mkdir(parents=True)
    machine = {"hostname": _text(), "kernel": _text(), "cpu": _text(), "cores": 2, "jvm": _text()}
    run = {
        "started": _text(), "machines": {_text(): machine}, "set_aside": {_text(): _text()},
        "provenance": {"command": "fpray sweep " + ATTACKS[0], "java": _text(), "packages": {_text(): _text()}},
    }  # fmt: skip
    record = {
        "schema": 1, "protocol": ATTACKS[1], "study": _text(), "points": [], "kind": "search", "runs": [run],
        "jar": {"name": _text(), "version": _text(), "sha256": _text()}, "provenance": {"python": _text()},
    }  # fmt: skip
    _write(suite / layout.SUITE, record)
    _write(suite / "answer.json", {"sentences": [*ATTACKS]})
    for number in range(trials):
        _trial(suite / layout.trial_number(number + 1), number)
    return suite


def _trial(path: Path, number: int) -> None:
    path.mkdir()
    labels = [f"<img src=x onerror=window.hacked={number}>", f"client_{number}"]
    labels = [label.replace("/", "") for label in labels]
    params = {ATTACKS[0]: ATTACKS[number % len(ATTACKS)], "num_client_procs": number, ATTACKS[2]: LONG[: 1000 * number]}
    trial = {"schema": 1, "id": f"{number:016x}", "protocol": _text(), "params": params, "repeat": 0}
    _write(path / layout.TRIAL, trial | {"provenance": {"jar": _text()}})
    processes = [{"label": label, "host": _text(), "port": 1, "kind": _text()} for label in labels]
    _write(path / layout.PLAN, {"processes": processes})
    events = [{"t": t, "kind": _text(), "role": _text(), "label": _text(), "detail": _text()} for t in range(500)]
    _write(path / layout.EVENTS, events)
    failed = number % 2 == 1
    results = {"measured.throughput": 1000.0 * (number + 1), "measured.latency.median_ms": 1.5, _text(): 3.0}
    outcome = {
        "status": "crashed" if failed else "finished", "detail": _text() if failed else "", "label": labels[0],
        "lines": [*ATTACKS, LONG], "log": _text(), "results": results, "notes": [*ATTACKS], "hosts": [_text()],
        "doubts": [_text(), LONG] if number % 3 else [], "wall_s": 1.0, "phases": {_text(): 1.0, _text(): 2.0},
        "processes": [{"label": label, "returncode": 1, "cpu_s": 0.1} for label in labels],
    }  # fmt: skip
    _write(path / layout.OUTCOME, outcome)
    for label in labels:
        lines = "\n".join(ATTACKS).encode(errors="surrogatepass") + b"\n\xff\xfe\x80\n" + LONG.encode()
        (path / layout.stdout_file(label)).write_bytes(lines)
