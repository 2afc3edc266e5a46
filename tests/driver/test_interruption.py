"""Signals, a closed terminal, a full disk, another driver: no JVM survives, and the same command continues."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import QUICK, run, start, start_on_terminal, wait_for
from tests.driver.held import ENDLESS, PATIENT, hold_clients, release
from tests.support.patience import LONG
from tests.support.processes import Seen, descendants, jvms
from tests.support.suites import only_suite

LOOPS = ("--vary", "num_clients_per_proc=0")
pytestmark = [pytest.mark.ray, pytest.mark.jvm]
SEED = int(os.environ.get("FPRAY_TEST_SEED", "20261122"))


def _finished(suite: Path) -> dict[str, float]:
    """Trial -> when its outcome was written."""
    finished = {}
    for path in suite.glob("*/outcome.json"):
        if json.loads(path.read_text())["status"] == "finished":
            finished[path.parent.name] = path.stat().st_mtime
    return finished


def _catches(process: subprocess.Popen[str], number: int) -> bool:
    """Whether a process has a handler of its own for a signal; one that has ended needs none."""
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    except OSError:
        return True
    mask = dict(line.split(":\t", 1) for line in lines).get("SigCgt", "-1")
    return bool(int(mask, 16) >> (number - 1) & 1)


def _policies(processes: list[Seen]) -> set[int]:
    """How the kernel schedules those that live."""
    policies = set()
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            policies.add(os.sched_getscheduler(process.pid))
    return policies


def test_what_is_fprays_gives_way_to_what_is_measured(tmp_path: Path) -> None:
    process = start("sweep", "unreplicated", *ENDLESS, "--local", cwd=tmp_path)
    try:
        wait_for(lambda: len(jvms(str(tmp_path))) >= 2, LONG, "server and client")
        assert _policies(descendants(process, "ray")) == {os.SCHED_BATCH}
        assert _policies(jvms(str(tmp_path))) == {os.SCHED_OTHER}
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(LONG)


def test_ctrl_c_leaves_nothing_and_the_same_command_carries_on(ray_address: str, tmp_path: Path) -> None:
    words = ["sweep", "unreplicated", *PATIENT[:4], "--set", "timeout=300s", "--vary", "duration=2s,3s"]
    words += ["--order", "grid", "--address", ray_address]
    process = start(*words, cwd=tmp_path)
    wait_for(lambda: list(tmp_path.glob("suites/*/001/outcome.json")), LONG, "the first trial")
    hold_clients(tmp_path)  # the second trial's
    process.send_signal(signal.SIGINT)
    _, messages = process.communicate(timeout=LONG)
    assert process.returncode == 130, messages
    assert "Traceback" not in messages
    ending = "interrupted · 1 of 2 finished, and their results are kept · nothing is running any more · to continue, "
    assert ending in messages
    assert not jvms(str(tmp_path))
    suite = only_suite(tmp_path)
    before = _finished(suite)
    done = run(*words, cwd=tmp_path)
    assert done.code == 0, done.err
    assert f"continuing {Path('suites') / suite.name} (1 of 2 finished; 1 to go" in done.err
    assert before.items() <= _finished(suite).items()
    assert (suite / "002" / "attempts" / "1").is_dir()


@pytest.mark.slow
def test_ctrl_c_at_random_moments(tmp_path: Path) -> None:
    """On an embedded Ray, from the moment on at which fpray minds signals: never a traceback, never a survivor."""
    moments = random.Random(SEED)
    words = ["sweep", "unreplicated", *QUICK, "--vary", "num_clients_per_proc=0,1", "--local"]
    for _ in range(4):
        process = start(*words, cwd=tmp_path)
        delay = moments.uniform(0, 7)
        wait_for(lambda: _catches(process, signal.SIGTERM), LONG, "a handler of signals")  # noqa: B023
        time.sleep(delay)
        process.send_signal(moments.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP]))
        _, messages = process.communicate(timeout=LONG)
        assert process.returncode in (130, 0), (delay, messages)
        assert "Traceback" not in messages, (delay, messages)
        wait_for(lambda: not jvms(str(tmp_path)), LONG, f"no JVM after a signal at {delay:.2f} s")
    done = run(*words, cwd=tmp_path)
    assert done.code == 0, done.err


def test_a_terminal_that_is_closed_is_a_ctrl_c(tmp_path: Path) -> None:
    """Nothing can be written to it any more."""
    words = ["sweep", "unreplicated", *ENDLESS, "--vary", "num_clients_per_proc=0", "--local"]
    driver, terminal = start_on_terminal(*words, cwd=tmp_path)
    wait_for(lambda: bool(os.read(terminal, 1000)) and len(jvms(str(tmp_path))) == 2, LONG, "server and client")
    os.close(terminal)
    _, status = os.waitpid(driver, 0)
    assert os.waitstatus_to_exitcode(status) == 130
    assert not jvms(str(tmp_path))
    assert "interrupted · 0 of 1 finished" in (only_suite(tmp_path) / "driver.log").read_text()
    assert json.loads((only_suite(tmp_path) / "progress.json").read_text())["state"] == "stopped"


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_terminal_that_stands_still_holds_up_nothing(interrupted: bool, tmp_path: Path) -> None:
    """Ctrl-S, or a connection that is dead: no text is taken, and it cannot be known for how long."""
    trials = (*QUICK, "--vary", "num_clients_per_proc=0,1") if not interrupted else (*ENDLESS, *LOOPS)
    driver, terminal = start_on_terminal("sweep", "unreplicated", *trials, "--local", cwd=tmp_path)
    text = b""
    while b"trial 001" not in text:
        text += os.read(terminal, 1000)
    os.write(terminal, b"\x13")  # Ctrl-S
    if interrupted:
        wait_for(lambda: len(jvms(str(tmp_path))) == 2, LONG, "server and client")
        os.kill(driver, signal.SIGINT)
    _, status = os.waitpid(driver, 0)
    assert os.waitstatus_to_exitcode(status) == (130 if interrupted else 0)
    ending = "interrupted · 0 of 1 finished" if interrupted else "2 finished"
    assert ending in (only_suite(tmp_path) / "driver.log").read_text()


def test_two_drivers_never_share_a_suite(ray_address: str, tmp_path: Path) -> None:
    words = ["sweep", "unreplicated", *PATIENT, "--vary", "num_clients_per_proc=0", "--address", ray_address]
    process = start(*words, cwd=tmp_path)
    clients = hold_clients(tmp_path)
    second = run(*words, cwd=tmp_path)
    release(clients)
    assert second.code == 2
    assert f"is in use by process {process.pid} on " in second.err
    process.communicate(timeout=LONG)
    assert process.returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk, which needs root")
def test_a_full_disk_pauses_the_sweep(ray_address: str, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("tmpfs cannot be mounted here")
    try:
        words = ["sweep", "unreplicated", *QUICK, "--vary", "num_clients_per_proc=0", "-s", str(disk)]
        process = start(*words, "--address", ray_address, cwd=tmp_path)
        assert process.stderr is not None
        messages = ""
        while "waiting for disk space" not in messages:
            line = process.stderr.readline()
            assert line, messages
            messages += line
        assert re.search(r"trial 001 needs \d+ MB, but only \d+ MB are free", messages)
        assert not jvms(str(disk))
        subprocess.run(["mount", "-o", "remount,size=300m", str(disk)], check=True)
        _, rest = process.communicate(timeout=LONG)
        assert process.returncode == 0, rest
        assert "1 finished" in rest
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def test_two_sweeps_never_measure_on_one_machine_at_once(ray_address: str, tmp_path: Path) -> None:
    """The first one's client is suspended until the second one waits, however slow this machine is."""
    words = ["sweep", "unreplicated", *PATIENT, "--vary", "num_clients_per_proc=0", "--address", ray_address]
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    first = start(*words, "-s", "one", cwd=tmp_path)
    clients = hold_clients(tmp_path / "one")
    second = start(*words, "-s", "two", cwd=tmp_path)
    assert second.stderr is not None
    waits = re.compile(rf"waiting for machine \S+: the machine is in use by the sweep in {tmp_path}/one/")
    assert any(waits.search(line) for line in second.stderr), "the second sweep waits"
    assert not jvms(two)
    release(clients)
    together = False
    while first.poll() is None:
        together |= bool(jvms(two)) and bool(jvms(one))
        time.sleep(0.02)
    _, messages = second.communicate(timeout=LONG)
    first.communicate()
    assert (first.returncode, second.returncode) == (0, 0), messages
    assert not together
