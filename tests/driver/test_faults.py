"""Three hosts, a sweep across them, and whatever is killed on any of them: nothing is left behind, nothing is lost."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
from pathlib import Path

import pytest

from tests.conftest import OVERLAPPING, QUICK, wait_for
from tests.driver.chaos import Chaos
from tests.driver.ray_hosts import NODES, OUR_END_S, RayHosts
from tests.support.hosts import needs_hosts
from tests.support.patience import LONG
from tests.support.processes import jvms

pytestmark = needs_hosts(900)


def _trials(seconds: float) -> tuple[str, ...]:
    timeout = ("--set", f"timeout={seconds + 60}s")
    return (*QUICK[:4], "--set", f"duration={seconds}s", *timeout, "--vary", "num_client_procs=1")


def _measuring(sweep: subprocess.Popen[str], directory: Path, count: int) -> bool:
    assert sweep.poll() is None, sweep.communicate()
    return len(jvms(str(directory))) >= count


def _ended(sweep: subprocess.Popen[str]) -> str:
    _, messages = sweep.communicate(timeout=LONG)
    assert "Traceback" not in messages, messages
    return messages


@pytest.mark.slow
def test_a_machine_that_is_cut_off_and_one_whose_head_is_killed_end_their_own_long_before_ray(site: RayHosts) -> None:
    """By themselves within 20 s on a quiet machine; here Ray takes two minutes to see that the head is out of reach."""
    directory = site.shared / "cut"
    directory.mkdir()
    sweep = site.sweep(directory, *_trials(600), "--vary", "num_clients_per_proc=0,1,2")
    wait_for(lambda: _measuring(sweep, directory, 6), LONG, "a trial on each host")
    (suite,) = directory.glob("suites/*/suite.json")
    assert all(machine["sees_head"] for machine in json.loads(suite.read_text())["runs"][0]["machines"].values())
    try:
        site.cable("node-1", "down")
        wait_for(lambda: not site.jvms("node-1"), OUR_END_S, "no JVM on the machine that is cut off")
        assert len(site.jvms("head")) == len(site.jvms("node-2")) == 2, "others go on"
    finally:
        site.cable("node-1", "up")
    (head,) = site.hosts["head"].processes_named("gcs_server")
    head.kill()
    wait_for(lambda: not jvms(str(directory)), OUR_END_S, "no JVM anywhere when the head is gone")
    messages = _ended(sweep)
    assert sweep.returncode == 1
    assert (
        "fpray: the head node of the Ray cluster at 10.78.0.1:6379 is gone, so the sweep was stopped: finished results"
        in messages
    )


FAULTS = int(os.environ.get("FPRAY_FAULTS", "5"))
POINTS = ("--vary", "num_clients_per_proc=0,1,2,3", "--vary", "num_client_procs=1,2", "--keep-going")
TRIALS = 8 * max(2, FAULTS // 4)


@pytest.mark.slow
@pytest.mark.timeout(400 + 90 * FAULTS)
def test_whatever_is_killed_whenever_every_trial_ends_exactly_once(site: RayHosts) -> None:
    """`FPRAY_FAULTS=50 pytest tests/driver/test_faults.py -k whatever -s` is the long one."""
    seed = int(os.environ.get("FPRAY_TEST_SEED", random.SystemRandom().randrange(10**6)))
    print(f"FPRAY_TEST_SEED={seed}")
    directory = site.shared / "chaos"
    directory.mkdir()
    site.reboot(*NODES)
    chaos = Chaos(site, directory, TRIALS, seed)
    words = (
        *OVERLAPPING,
        "--retries",
        "9",
        *POINTS,
        "--repeat",
        str(TRIALS // 8),
    )
    try:
        chaos.run(FAULTS, *words)
    finally:
        for process in site.hosts["head"].processes_named("fpray"):
            process.kill()
    wait_for(lambda: not jvms(str(directory)), LONG, chaos.describe("no JVM at the end"))
    (suite,) = (directory / "suites").iterdir()
    ends = [json.loads(path.read_text())["status"] for path in suite.glob("[0-9]*/outcome.json")]
    assert len(ends) == TRIALS
    assert ends.count("finished") + chaos.crashes >= TRIALS, chaos.describe(str(ends))
    with (suite / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == ends.count("finished"), chaos.describe("a trial is in results.csv twice, or not at all")
    (content,) = [json.loads((suite / "suite.json").read_text())]
    print(f"{len(content['runs'])} runs, {ends.count('finished')} of {TRIALS} finished, {len(chaos.log)} faults")
