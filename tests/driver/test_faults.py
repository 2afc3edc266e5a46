"""Three hosts, a sweep across them, and whatever is killed on any of them: nothing is left behind, nothing is lost."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.conftest import QUICK, jvms, wait_for
from tests.support.hosts import Host, NoNamespaces, hosts, lives, needs_hosts

NODES = ("head", "node-1", "node-2")
# As cluster_configs/node/env.sh has it, but for the last: Ray shall not be what ends a machine that is cut off.
RAY = (
    "env", "RAY_AUTH_MODE=disabled", "RAY_worker_niceness=0", "RAY_worker_oom_score_adjustment=0",
    "RAY_health_check_period_ms=1000", "RAY_health_check_timeout_ms=3000", "RAY_health_check_failure_threshold=5",
    "RAY_gcs_rpc_server_reconnect_timeout_s=60",
)  # fmt: skip
pytestmark = needs_hosts(300)


@dataclass
class WorkSite:
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

    def reboot(self, *names: str) -> None:
        """End all that runs on hosts, as the loss of power would, and start their Ray nodes anew."""
        for name in names:
            for process in self.hosts[name].inside():
                with contextlib.suppress(psutil.Error):
                    if process.pid != self.hosts[name].init and process.name() not in ("sleep", "bash"):
                        process.kill() if "ssh_server.py" not in " ".join(process.cmdline()) else None
        for name in names:
            self.begin(name)

    def jvms(self, name: str) -> list[psutil.Process]:
        """The JVMs of a host."""
        return self.hosts[name].found("java")


@pytest.fixture(scope="module")
def site() -> Iterator[WorkSite]:
    """Three hosts with Ray on all."""
    scratch = Path(tempfile.mkdtemp(prefix="fpf-", dir="/tmp"))
    shared = scratch / "shared"
    shared.mkdir()
    try:
        with hosts(scratch, ["laptop", *NODES], []) as found:
            there = WorkSite(found, shared)
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


def test_a_machine_that_is_cut_off_and_one_whose_head_is_killed_end_their_own_within_30_seconds(site: WorkSite) -> None:
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
    (head,) = site.hosts["head"].found("gcs_server")
    head.kill()
    wait_for(lambda: not jvms(str(directory)), 30, "no JVM anywhere when the head is gone")
    said = _ended(sweep)
    assert sweep.returncode == 1
    assert "fpray: the head of the Ray cluster at 10.78.0.1:6379 is gone: what ended is kept, nothing" in said


# -- whatever, whenever


class Chaos:
    """A sweep on three hosts, faults at random moments, and what must hold after each."""

    # The most frequent ones are the cheapest to mend. A killed head or raylet is a machine that is started anew.
    KINDS = (
        "driver",
        "actor",
        "supervisor",
        "jvm",
        "actor",
        "supervisor",
        "jvm",
        "raylet",
        "head",
        "blink",
        "cut",
        "drain",
        "twice",
    )

    def __init__(self, site: WorkSite, directory: Path, seed: int) -> None:
        self.site, self.directory, self.seed = site, directory, seed
        self.chance = random.Random(seed)
        self.crashes = 0
        self.log: list[str] = []
        self.sweep: subprocess.Popen[str] | None = None
        self.said: list[str] = []

    def run(self, faults: int, *words: str) -> None:
        """The same command again and again, with so many faults; then without any until all has ended."""
        done = 0
        kinds = list(self.KINDS)
        self.chance.shuffle(kinds)
        while done < faults:
            if self._over():
                return
            self._start(*words)
            time.sleep(self.chance.uniform(0.1, 6))
            if self._over():
                return
            kind = kinds[done % len(kinds)]
            name = self.chance.choice(NODES[1:] if kind in ("raylet", "cut", "blink", "drain") else NODES)
            if self._strike(kind, "head" if kind in ("driver", "twice", "head") else name):
                done += 1
        for _ in range(6):
            if self._over():
                return
            self._start(*words)
            self._collect(240)
            if not self._left():
                return
        raise AssertionError(self.told("the same command never came to an end"))

    def told(self, what: str) -> str:
        """A sentence with all that is needed to see it again."""
        return f"{what} (FPRAY_TEST_SEED={self.seed}; {'; '.join(self.log)})\n" + "\n".join(self.said)

    def _start(self, *words: str) -> None:
        if self.sweep is None or self.sweep.poll() is not None:
            if self.sweep is not None:
                self._collect(30)
            self.sweep = self.site.sweep(self.directory, *words)

    def _collect(self, seconds: float) -> None:
        assert self.sweep is not None
        try:
            out, said = self.sweep.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(self.told("the sweep hangs")) from None
        self.said.append(said)
        assert "Traceback" not in said + out, self.told("a traceback")
        self.sweep = None

    def _over(self) -> bool:
        """Whether all has ended, and the sweep: the same command would begin another one."""
        if self.sweep is not None and self.sweep.poll() is not None:
            self._collect(10)
        return self.sweep is None and bool(self.said) and not self._left()

    def _left(self) -> int:
        """How many trials of the grid have no end yet."""
        ends = [json.loads(path.read_text())["status"] for path in self.directory.glob("suites/*/[0-9]*/outcome.json")]
        return TRIALS - sum(status not in ("lost", "interrupted") for status in ends)

    def _strike(self, kind: str, name: str) -> bool:
        """Do something bad, see that nothing outlives it, and mend it; whether there was something to do it to."""
        site = self.site
        victims = {"driver": "fpray", "actor": "ray::RoleActor", "jvm": "java", "supervisor": "fpray-supervise"}
        victims |= {"raylet": "raylet", "head": "gcs_server", "twice": "fpray"}
        found = site.hosts[name].found(victims[kind]) if kind in victims else []
        if kind in victims and not found:
            return False
        # What is to be gone: all of the driver's, or what runs on the machine.
        doomed = [
            jvm for each in (NODES if kind in ("driver", "twice", "head") else (name,)) for jvm in site.jvms(each)
        ]
        self.log.append(f"{kind} on {name}, {len(doomed)} JVMs")
        print(self.log[-1], flush=True)
        if kind in victims:
            victim = self.chance.choice(found)
            self.crashes += kind == "jvm"
            with contextlib.suppress(psutil.Error):
                if kind == "twice":  # Ctrl-C, and once more: it leaves at once
                    victim.send_signal(signal.SIGINT)
                    time.sleep(self.chance.uniform(0.05, 1))
                    victim.send_signal(signal.SIGINT)
                else:
                    victim.kill()
        if kind in ("blink", "cut"):
            site.cable(name, "down")
        if kind == "blink":
            time.sleep(self.chance.uniform(0.5, 5))
            site.cable(name, "up")
        elif kind == "drain":
            self._drain(name)
        else:
            seconds = 30 if kind in ("cut", "head") else 10
            gone = [victim] if kind == "jvm" else doomed
            try:
                wait_for(lambda: not any(map(lives, gone)), seconds, f"end of what {kind} on {name} leaves")
            except AssertionError as error:
                raise AssertionError(self.told(str(error))) from None
        if kind == "cut":
            site.cable(name, "up")
        if kind in ("raylet", "cut", "drain"):
            site.reboot(name)
        if kind == "head":
            self._collect(120)  # a driver that was starting ends when Ray ends it
            assert not doomed or "the head of the Ray cluster at" in self.said[-1], self.told("not a word of the head")
            site.reboot(*NODES)
        return True

    def _drain(self, name: str) -> None:
        """Take a machine away as a preemption does: with a warning, and then all at once."""
        address = self.site.hosts[name].address
        code = (
            "import ray; ray.init(address='auto', logging_level='ERROR'); nodes = ray.nodes();"
            f"print(*[n['NodeID'] for n in nodes if n['Alive'] and n['NodeManagerAddress'] == '{address}'])"
        )
        nodes = self.site.hosts["head"].run(*RAY, "python", "-c", code).stdout.split()
        words = [
            "--reason",
            "DRAIN_NODE_REASON_PREEMPTION",
            "--reason-message",
            "a test",
            "--deadline-remaining-seconds",
            "3",
        ]
        for node in nodes:
            self.site.hosts["head"].run(*RAY, "ray", "drain-node", "--node-id", node, *words)
        time.sleep(3)


FAULTS = int(os.environ.get("FPRAY_FAULTS", "5"))
POINTS = ("--vary", "num_clients_per_proc=0,1,2,3", "--vary", "num_client_procs=1,2", "--keep-going")
TRIALS = 8 * max(2, FAULTS // 4)


@pytest.mark.timeout(300 + 60 * FAULTS)
def test_whatever_is_killed_whenever_every_trial_ends_exactly_once(site: WorkSite) -> None:
    """`FPRAY_FAULTS=50 pytest tests/driver/test_faults.py -k whatever -s` is the long one."""
    seed = int(os.environ.get("FPRAY_TEST_SEED", random.SystemRandom().randrange(10**6)))
    print(f"FPRAY_TEST_SEED={seed}")
    directory = site.shared / "chaos"
    directory.mkdir()
    site.reboot(*NODES)
    chaos = Chaos(site, directory, seed)
    words = (
        *QUICK[:4],
        "--set",
        "duration=1500ms",
        "--set",
        "timeout=20s",
        "--retries",
        "9",
        *POINTS,
        "--repeat",
        str(TRIALS // 8),
    )
    try:
        chaos.run(FAULTS, *words)
    finally:
        for process in site.hosts["head"].found("fpray"):
            process.kill()
    wait_for(lambda: not jvms(str(directory)), 10, chaos.told("no JVM at the end"))
    (suite,) = (directory / "suites").iterdir()
    ends = [json.loads(path.read_text())["status"] for path in suite.glob("[0-9]*/outcome.json")]
    assert len(ends) == TRIALS
    assert ends.count("finished") + chaos.crashes >= TRIALS, chaos.told(str(ends))
    with (suite / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == ends.count("finished"), chaos.told("a trial is in results.csv twice, or not at all")
    (content,) = [json.loads((suite / "suite.json").read_text())]
    print(f"{len(content['runs'])} runs, {ends.count('finished')} of {TRIALS} finished, {len(chaos.log)} faults")
