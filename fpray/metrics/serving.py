"""Serves metrics to a browser: a Prometheus over recorded trials, and Grafana in front of it or of a live one."""

from __future__ import annotations

import contextlib
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from fpray.errors import Cause, refuse
from fpray.files import layout
from fpray.metrics.grafana import ROLES, grafana_environment
from fpray.metrics.openmetrics import Extent, write_openmetrics
from fpray.metrics.programs import promtool_of
from fpray.node.messages import Failure, ProcessSpec
from fpray.node.ports import free_ports
from fpray.node.processes import Processes
from fpray.plan.cluster import LOOPBACK

_READY_S = 60.0
_MARGIN_MS = 2000  # before the first sample and after the last one, so that the lines do not touch the frame


class Servers:
    """The servers of this command. None outlives it, whatever ends it; their files go with it, unless it is killed."""

    def __init__(self, directory: Path, processes: Processes) -> None:
        self._directory, self._processes = directory, processes
        self._labels: list[str] = []

    def prometheus(self, program: str, trials: Sequence[tuple[str, str, Path]]) -> tuple[str, Extent]:
        """Serve the metrics of recorded trials; the URL, and the time that they span.

        Raises:
            Refused: a program cannot be run, or a table is damaged.
        """
        text, data = self._directory / "metrics.txt", self._directory / "tsdb"
        with text.open("w") as file:
            extent = write_openmetrics(file, trials)
        promtool = promtool_of(program)
        assert promtool is not None, "it was looked for before"
        words = [promtool, "tsdb", "create-blocks-from", "openmetrics", "--quiet", str(text), str(data)]
        self._run("promtool", words)
        text.unlink()
        config = self._directory / layout.PROMETHEUS_CONFIG
        config.write_text("scrape_configs: []\n")
        (port,) = free_ports(LOOPBACK, 1)
        words = [program, "--config.file", str(config), "--storage.tsdb.path", str(data), "--log.level", "warn"]
        # Else blocks that are older than others by 15 days would be removed.
        words += ["--storage.tsdb.retention.time", "100y", "--web.listen-address", f"{LOOPBACK}:{port}"]
        self._start("prometheus", words, port, {})
        _await_answer(f"http://{LOOPBACK}:{port}/-/ready")
        return f"http://{LOOPBACK}:{port}", extent

    def grafana(self, words: Sequence[str], prometheus: str, extent: Extent | None) -> str:
        """Start Grafana; the URL of the dashboard of the roles. extent: the time to show; None: now.

        Raises:
            Refused: it cannot be run.
        """
        (port,) = free_ports(LOOPBACK, 1)
        directory = self._directory / "grafana"
        directory.mkdir()
        self._start("grafana", words, port, grafana_environment(directory, port, prometheus))
        span = "from=now-1m&to=now&refresh=1s"
        if extent is not None:
            span = f"from={extent.first_ms - _MARGIN_MS}&to={extent.last_ms + _MARGIN_MS}"
        return f"http://{LOOPBACK}:{port}/d/{ROLES}?{span}"

    def wait(self, go_on: Callable[[], bool], pause_s: float = 0.5) -> None:
        """Wait until a server of this command has ended, or a condition does not hold any more.

        Raises:
            Refused: a server has ended.
        """
        while go_on():
            if not self._labels:
                time.sleep(pause_s)
            elif (
                failure := self._processes.wait_exit(self._labels[:1], pause_s)
            ) is None or failure.kind != "deadline":
                self._refuse(failure, self._labels[0])

    def _run(self, label: str, words: Sequence[str]) -> None:
        spec = ProcessSpec(label, tuple(words), str(self._directory), expected_exits=(0,))
        failure = self._processes.start([spec]) or self._processes.wait_exit([label], None)
        if failure is not None:
            self._refuse(failure, label)

    def _start(self, label: str, words: Sequence[str], port: int, env: Mapping[str, str]) -> None:
        spec = ProcessSpec(label, tuple(words), str(self._directory), env=dict(env), listens=((LOOPBACK, port),))
        failure = self._processes.start([spec]) or self._processes.wait_ready([label], _READY_S)
        if failure is not None:
            self._refuse(failure, label)
        self._labels.append(label)

    def _refuse(self, failure: Failure | None, label: str) -> None:
        what = failure.detail if failure is not None else f"{label} has ended"
        lines = "; ".join(failure.lines[-3:]) if failure is not None else ""
        raise refuse(label, f"cannot serve the metrics: {what}{f': {lines}' if lines else ''}", Cause.PROMETHEUS)


@contextlib.contextmanager
def servers() -> Iterator[Servers]:
    """Servers that end with the block."""
    with tempfile.TemporaryDirectory(prefix="fpray-monitor-") as name, Processes() as processes:
        yield Servers(Path(name), processes)


def _await_answer(url: str) -> None:
    """Wait until a server answers that it is ready: it listens before it has read its files."""
    direct, until = urllib.request.build_opener(urllib.request.ProxyHandler({})), time.monotonic() + _READY_S
    while time.monotonic() < until:
        with contextlib.suppress(urllib.error.URLError, OSError), direct.open(url, timeout=5):
            return
        time.sleep(0.05)
    raise refuse("prometheus", f"is not ready after {_READY_S:.0f} s", Cause.PROMETHEUS)
