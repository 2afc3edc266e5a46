"""What tests do with a real Prometheus: find the servers of a test, serve a suite by `fpray monitor`, and ask it."""

from __future__ import annotations

import contextlib
import json
import signal
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.conftest import start
from tests.support.patience import LONG
from tests.support.processes import Seen, command_of, lives, name_of, seen

# Scrapes have time on a busy machine, and there are several in each trial.
MONITORED = (
    "-m", "--set", "prometheus_scrape_interval=500ms", "--set", "warmup_duration=1s", "--set", "warmup_timeout=120s",
    "--set", "duration=3s", "--set", "timeout=120s",
)  # fmt: skip


def prometheuses(directory: Path) -> list[Seen]:
    """The living servers of Prometheus that have a file below a directory."""
    processes = seen(int(path.name) for path in Path("/proc").glob("[0-9]*"))
    return [
        one for one in processes if name_of(one) == "prometheus" and str(directory) in command_of(one) and lives(one)
    ]


@contextlib.contextmanager
def monitor(*words: str, cwd: Path) -> Iterator[Mapping[str, str]]:
    """`fpray monitor` while the block runs: what it prints of Prometheus and of Grafana. It ends with Ctrl-C."""
    process = start("monitor", *words, cwd=cwd)
    assert process.stdout is not None
    lines = {}
    for name in ("Prometheus", "Grafana"):
        line = process.stdout.readline()
        assert line.startswith(f"{name}: "), line + process.communicate(timeout=LONG)[1]
        lines[name] = line.removeprefix(f"{name}: ").strip()
    try:
        yield lines
    finally:
        process.send_signal(signal.SIGINT)
        _, messages = process.communicate(timeout=LONG)
    assert process.returncode == 0, messages
    assert "Traceback" not in messages, messages


def ask(address: str, path: str, **words: Any) -> Any:
    """The `data` of an answer of Prometheus's HTTP API."""
    url = f"{address}/api/v1/{path}?{urllib.parse.urlencode(words)}"
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=LONG) as answer:
            return json.load(answer)["data"]
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{words}: {error.read().decode()}") from None


def series(address: str, query: str, span: tuple[float, float]) -> list[Any]:
    """The series that a query of a panel returns over a time, as Grafana asks for it."""
    for name, value in (("$suite", ".*"), ("$trial", ".*"), ("$role", ".*"), ("$__rate_interval", "10s")):
        query = query.replace(name, value)
    begin, end = span
    result: list[Any] = ask(address, "query_range", query=query, start=begin, end=end, step=0.5)["result"]
    return [one for one in result if any(value != "NaN" for _, value in one["values"])]
