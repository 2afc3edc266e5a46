"""What a call to a role actor costs: from the driver through fpray's Ray process, and from that process itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.common import BenchError, Row, Settings, estimate
from fpray.cluster.ray_link import RayLink
from fpray.cluster.ray_process.connection import Connection
from fpray.cluster.ray_process.embedded import embedded_environment
from fpray.cluster.ray_process.start import Start
from fpray.cluster.remote_agent import remote_agent

_ACTOR = ("server", "127.0.0.1", 0)


def measure(settings: Settings) -> list[Row]:
    """Calls one after the other, each of which finds out nothing."""
    calls = settings.pick(1000, 100)
    times = _through(calls)
    done = subprocess.run(
        [sys.executable, "-m", "bench.calls", str(calls)],
        env=os.environ | embedded_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BenchError(f"the calls from the Ray process failed: {done.stderr[-1000:]}")
    rows = {"from the driver, through the Ray process": times, "from a process with Ray": json.loads(done.stdout)}
    what = "a call to a role actor and back"
    return [
        Row(f"{what}, {caller}", estimate(ms).text(".2f", " ms"), "", None, {"ms": ms}) for caller, ms in rows.items()
    ]


def _through(calls: int) -> list[float]:
    link = RayLink(None)
    link.start()
    try:
        link.ask("refresh")
        actor = remote_agent(link.process, _ACTOR)
        return _times(lambda: actor.processes.ready_after([]).future().result(60), calls)
    finally:
        link.stop()


def _times(call: Callable[[], object], calls: int) -> list[float]:
    """Milliseconds of each call, after one that starts the actor and some more."""
    times = []
    for _ in range(calls + 50):
        began = time.perf_counter()
        call()
        times.append(round(1000 * (time.perf_counter() - began), 4))
    return times[50:]


def main() -> None:
    """The calls of a process that is connected to Ray itself: the Ray process's own code, without its driver."""
    with tempfile.TemporaryDirectory(prefix="fpray-") as directory:
        connection = Connection(os.close)
        connection.start(Start(None, Path(directory), "bench"))
        connection.refresh()
        try:
            times = _times(
                lambda: connection.call(_ACTOR, "processes", "ready_after", [[]]).future().result(60), int(sys.argv[1])
            )
        finally:
            connection.stop()
    print(json.dumps(times))


if __name__ == "__main__":
    main()
