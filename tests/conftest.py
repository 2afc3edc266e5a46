"""What tests share: the command line in process and as a process, a real Ray to attach to, and no survivors."""

from __future__ import annotations

import contextlib
import gc
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, settings

from fpray.cli.main import main
from fpray.jar.find import find_jar
from fpray.report import writer
from tests.support import rings
from tests.support.browser import Page, browser, chromium
from tests.support.isolation import isolate_network
from tests.support.patience import LONG
from tests.support.processes import below, command_of, jvms
from tests.support.ray_nodes import end_node, start_node

# Trials of a second: on a busy machine a JVM may stand still for most of it. Nothing waits for the timeouts but a
# client that is not answered.
QUICK = (
    "--set", "warmup_duration=200ms", "--set", "warmup_timeout=60s", "--set", "duration=1s", "--set", "timeout=60s",
)  # fmt: skip
# The same for trials of several client processes, which must measure together: on a busy machine one begins up to a
# second after another. And for trials side by side on shared machines, which leave less of each core to a client.
OVERLAPPING = (*QUICK[:4], "--set", "duration=2s", "--set", "timeout=60s")
FPRAY = str(Path(sys.executable).with_name("fpray"))
_started: list[int] = []  # the processes of the test that runs
_RAY = str(Path(sys.executable).with_name("ray"))


def pytest_configure(config: pytest.Config) -> None:
    """Each process that runs tests has a network of its own, where that is allowed: its trials wait for no other's.

    Generated input is the same in each run, and may take its time on a busy machine.
    """
    settings.register_profile(
        "fpray", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
    )
    settings.load_profile("fpray")
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup, which fpray heeds
    rings.enforce()
    writer._PATIENCE_S = LONG  # nothing stands still here, however long a busy machine pauses
    if not hasattr(config, "workerinput") and config.getoption("numprocesses", None):
        return  # the tests run in workers
    isolate_network()


def cli(*words: str) -> Result:
    """Run a command in process; for what needs no Ray."""
    return CliRunner().invoke(main, list(words))


@dataclass
class CommandResult:
    """A finished command: exit code and what it said."""

    code: int
    out: str
    err: str


def run(*words: str, cwd: Path, timeout: float = 2 * LONG, env: dict[str, str] | None = None) -> CommandResult:
    """Run `fpray` as a user does, in a process of its own."""
    done = subprocess.run(
        [FPRAY, *words], cwd=cwd, capture_output=True, text=True, timeout=timeout, env={**os.environ, **(env or {})}
    )
    assert "Traceback" not in done.stderr, done.stderr
    return CommandResult(done.returncode, done.stdout, done.stderr)


def start(*words: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Start `fpray` and go on; what the test has not ended is killed after it."""
    process = subprocess.Popen(
        [FPRAY, *words],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **(env or {})},
    )
    _started.append(process.pid)
    return process


def start_on_terminal(*words: str, cwd: Path) -> tuple[int, int]:
    """Start `fpray` on a terminal of its own; returns its process id and the other end of the terminal."""
    driver, terminal = pty.fork()
    if driver == 0:
        os.chdir(cwd)
        os.execv(FPRAY, [FPRAY, *words])
    _started.append(driver)
    return driver, terminal


def wait_for(condition: object, seconds: float, what: str) -> None:
    """Wait until a callable is true."""
    assert callable(condition)
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"not within {seconds} s: {what}"
        time.sleep(0.02)


def stays(condition: object, seconds: float, what: str) -> None:
    """Watch for a time that a callable stays true: that nothing happens has no condition to wait for."""
    assert callable(condition)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert condition(), f"not for {seconds} s: {what}"
        time.sleep(0.02)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Markers follow from the fixtures that a test uses; what takes long begins first."""
    rings.mark_by_fixtures(items)
    rings.longest_first(items)


def pytest_collection_finish() -> None:
    """What the tests consist of stays until the end, so the garbage collector does not look at it again and again.

    Nor does it often look at the syntax trees of all sources, which stay as well (docs/decisions/tests.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Which tests share a process where several run them."""
    from tests.support.scheduler import SCHEDULERS

    scheduler = SCHEDULERS.get(config.getvalue("dist"))
    return scheduler(config, log) if scheduler else None


@pytest.fixture(scope="session")
def reference_jar() -> Path:
    """The reference jar, built if needed."""
    return find_jar(None, "java").path


@pytest.fixture(scope="module")
def window() -> Iterator[Page]:
    """A window of a real browser."""
    if chromium() is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    with browser() as page:
        yield page


@pytest.fixture(scope="session")
def prometheus() -> str:
    """The path of the real server. Without it, tests are skipped, but not in CI where it could be installed."""
    path = shutil.which("prometheus")
    if path is None or shutil.which("promtool") is None:
        assert not os.environ.get("FPRAY_NEEDS_PROMETHEUS"), "no Prometheus, although .ci/run has installed it"
        pytest.skip("there is no Prometheus: apt-get install prometheus")
    return path


@pytest.fixture(scope="session", autouse=True)
def _jar_before_timed_tests(request: pytest.FixtureRequest) -> None:
    if rings.needs_jar(request.session.items):
        request.getfixturevalue("reference_jar")


@pytest.fixture(scope="session")
def ray_address() -> Iterator[str]:
    """A real Ray of one node, as `ray start` makes it, for tests that attach."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    scratch = tempfile.mkdtemp(prefix="fpt-", dir="/tmp")
    os.environ.update(RAY_AUTH_MODE="disabled", RAY_worker_niceness="0", RAY_worker_oom_score_adjustment="0")
    command = [_RAY, "start", "--head", f"--port={port}", "--num-cpus=2", "--include-dashboard=false", "--block"]
    command += ["--include-log-monitor=false", "--no-monitor", "--disable-usage-stats", f"--temp-dir={scratch}"]
    command += ["--object-store-memory=100000000", "--min-worker-port=0", "--max-worker-port=0"]
    head = start_node(command, os.environ, Path(scratch) / "start.log")
    try:
        yield f"{_node_address()}:{port}"
    finally:
        end_node(head)
        shutil.rmtree(scratch, ignore_errors=True)


def _node_address() -> str:
    import ray.util

    return str(ray.util.get_node_ip_address())


def _kill_child(pid: int) -> None:
    for child in below(os.getpid(), deep=False):  # else it has ended, and the number is another's
        if child.pid == pid:
            child.kill()


@pytest.fixture(autouse=True)
def no_survivors(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test may leave a JVM that works in its directory."""
    if not rings.may_run_jvms(request.node):
        yield
        return
    directory = str(request.getfixturevalue("tmp_path"))
    yield
    while _started:  # one that lived on would hold the machine, and fail the tests that follow
        _kill_child(_started.pop())
    with contextlib.suppress(AssertionError):  # one that was killed takes a moment to end
        wait_for(lambda: not jvms(directory), LONG, "the end of all JVMs")
    survivors = jvms(directory)
    names = [command_of(process) for process in survivors]
    for process in survivors:
        process.kill()
    assert not survivors, f"left behind: {names}"
