"""Three hosts, a sweep across them, and whatever is killed on any of them: nothing is left behind, nothing is lost."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.conftest import QUICK, jvms, wait_for
from tests.hosts import Host, NoNamespaces, hosts

NODES = ("head", "node-1", "node-2")
# As cluster_configs/node/env.sh has it, but for the last: Ray shall not be what ends a machine that is cut off.
RAY = (
    "env", "RAY_AUTH_MODE=disabled", "RAY_worker_niceness=0", "RAY_worker_oom_score_adjustment=0",
    "RAY_health_check_period_ms=1000", "RAY_health_check_timeout_ms=3000", "RAY_health_check_failure_threshold=5",
    "RAY_gcs_rpc_server_reconnect_timeout_s=60",
)  # fmt: skip
pytestmark = [
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("ip") is None, reason="makes hosts, which needs root and iproute2"
    ),
    pytest.mark.timeout(300),
]


@dataclass
class Site:
    """Hosts with a Ray node on each, and a directory that all of them see."""

    hosts: dict[str, Host]
    shared: Path

    def begin(self, name: str) -> None:
        """Start a host's Ray node."""
        host = self.hosts[name]
        words = ["--head", "--port=6379", "--include-dashboard=false", "--no-monitor"]
        words = words if name == "head" else [f"--address={self.hosts['head'].address}:6379"]
        words += [f"--node-ip-address={host.address}", "--num-cpus=2", "--include-log-monitor=false"]
        words += ["--disable-usage-stats", "--object-store-memory=100000000"]
        done = host.run(*RAY, "ray", "start", *words, timeout=90)
        assert done.returncode == 0, done.stdout + done.stderr

    def cable(self, name: str, state: str) -> None:
        """Plug a host in or out (`up`, `down`), at the switch."""
        number = NODES.index(name) + 1
        space = f"fpray-{os.getpid()}-laptop"
        subprocess.run(["ip", "-n", space, "link", "set", f"port-{number}", state], check=True)

    def sweep(self, directory: Path, *words: str) -> subprocess.Popen[str]:
        """Start a sweep on the head."""
        command = ["fpray", "sweep", "unreplicated", "-j", "reference", *words]
        return self.hosts["head"].start(*RAY, *command, directory=directory)

    def found(self, name: str, kind: str) -> list[psutil.Process]:
        """A host's processes of a name."""
        found = []
        for process in self.hosts[name].inside():
            with contextlib.suppress(psutil.Error):
                found += [process] if process.name() == kind else []
        return found

    def jvms(self, name: str) -> list[psutil.Process]:
        """The JVMs of a host."""
        return self.found(name, "java")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Three hosts with Ray on all."""
    scratch = Path(tempfile.mkdtemp(prefix="fpf-", dir="/tmp"))
    shared = scratch / "shared"
    shared.mkdir()
    try:
        with hosts(scratch, ["laptop", *NODES], []) as found:
            there = Site(found, shared)
            for name in NODES:
                there.begin(name)
            yield there
    except NoNamespaces as reason:
        pytest.skip(str(reason))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _trials(seconds: float) -> tuple[str, ...]:
    return (*QUICK[:4], "--set", f"duration={seconds}s", "--set", "timeout=60s", "--vary", "num_client_procs=1")


def _measuring(sweep: subprocess.Popen[str], directory: Path, count: int) -> bool:
    assert sweep.poll() is None, sweep.communicate()
    return len(jvms(str(directory))) >= count


def _ended(sweep: subprocess.Popen[str], seconds: float = 120) -> str:
    _, said = sweep.communicate(timeout=seconds)
    assert "Traceback" not in said, said
    return said


def test_a_machine_that_is_cut_off_and_one_whose_head_is_killed_end_their_own_within_30_seconds(site: Site) -> None:
    """On the machine itself: here Ray would take more than 60 s to see that the head is out of reach."""
    directory = site.shared / "cut"
    directory.mkdir()
    sweep = site.sweep(directory, *_trials(50), "--vary", "num_clients_per_proc=0,1,2")
    wait_for(lambda: _measuring(sweep, directory, 6), 60, "a trial on each host")
    (suite,) = directory.glob("suites/*/suite.json")
    assert all(machine["sees_head"] for machine in json.loads(suite.read_text())["runs"][0]["machines"].values())
    try:
        site.cable("node-1", "down")
        wait_for(lambda: not site.jvms("node-1"), 30, "no JVM on the machine that is cut off")
        assert len(site.jvms("head")) == len(site.jvms("node-2")) == 2, "others go on"
    finally:
        site.cable("node-1", "up")
    (head,) = site.found("head", "gcs_server")
    head.kill()
    wait_for(lambda: not jvms(str(directory)), 30, "no JVM anywhere when the head is gone")
    said = _ended(sweep)
    assert sweep.returncode == 1
    assert "fpray: the head of the Ray cluster at 10.78.0.1:6379 is gone: what ended is kept, nothing" in said
