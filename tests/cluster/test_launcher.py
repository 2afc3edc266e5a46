"""A cluster that `ray up` itself brings up from cluster_configs/onprem.yaml, a sweep across it, and `ray down`."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import wait_for
from tests.support.hosts import ROOT, USER, Host, hosts, needs_hosts
from tests.support.patience import LONG
from tests.support.processes import jvms, lives

CONFIGS = ROOT / "cluster_configs"
NODES = ("head", "node-1", "node-2")
pytestmark = needs_hosts(600)


@dataclass
class Site:
    """Machines as they are before `ray up`, and the configuration with which the laptop starts the cluster."""

    hosts: dict[str, Host]
    config: Path
    shared: Path

    def ray(self, command: str, *words: str, timeout: float = LONG) -> str:
        """`ray COMMAND -y CONFIG WORDS` on the laptop."""
        yes = [] if command == "exec" else ["--yes"]
        done = self.hosts["laptop"].run("ray", command, *yes, str(self.config), *words, timeout=timeout)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def on_nodes(self) -> list[str]:
        """What lives on the nodes beside what an idle host runs."""
        return [process for name in NODES for process in self.hosts[name].processes()]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Three machines and a laptop, and all of them gone afterwards."""
    with hosts(*NODES) as (machines, shared):
        yield Site(machines, _filled_in(shared.parent, machines), shared)
    namespaces = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout
    assert f"fpray-{os.getpid()}-" not in namespaces
    # The kernel ends what is in a namespace after the process that began it.
    all_ended = lambda: not [process for host in machines.values() for process in host.processes()]  # noqa: E731
    wait_for(all_ended, LONG, "nothing left on any machine")


def _filled_in(scratch: Path, machines: dict[str, Host]) -> Path:
    """onprem.yaml as its user fills it in, and what it tells them to make."""
    (scratch / "dist").mkdir()
    (scratch / "dist" / "fpray-0.1.0-py3-none-any.whl").write_text("a wheel")
    secret = scratch / "secret"
    secret.mkdir(mode=0o700)
    (secret / "auth_token").write_text(secrets.token_hex(32))
    config: dict[str, Any] = yaml.safe_load((CONFIGS / "onprem.yaml").read_text())
    head, *workers = [machines[name].address for name in NODES]
    pools = {"server": workers[:1], "clients": [workers[1], head]}
    config["provider"] |= {"head_ip": head, "worker_ips": workers, "fpray_pools": pools}
    config["auth"] = {"ssh_user": USER, "ssh_private_key": str(scratch / "keys" / "key")}
    places = {"~/fpray-node": CONFIGS / "node", "~/fpray-wheel": scratch / "dist", "~/fpray-secret": secret}
    assert config["file_mounts"].keys() == places.keys()
    config["file_mounts"] = {remote: str(local) for remote, local in places.items()}
    path = scratch / "onprem.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


@pytest.fixture(scope="module")
def launched(site: Site) -> Site:
    """The machines with Ray on the head, brought up by `ray up`; the others are about to follow."""
    site.ray("up")
    return site


def test_a_sweep_waits_for_the_promised_machines_and_runs_on_all(launched: Site) -> None:
    words = ["unreplicated", "-j", "reference", "--vary", "num_client_procs=3", "--repeat", "2"]
    # Longer than elsewhere: with three hosts' Ray, this machine is busy.
    words += [f"--set {word}" for word in ("warmup_duration=1s", "warmup_timeout=60s", "duration=2s", "timeout=60s")]
    words += ["--cluster", "~/ray_bootstrap_config.yaml"]
    output = launched.ray("exec", f"cd {launched.shared} && fpray sweep {' '.join(words)}")
    # A machine that is slow enough may begin the sweep when all have joined.
    waiting = r"waiting for 10.78.0.[23].* of ray_bootstrap_config.yaml to join [^(]*\([12] of 3 "
    assert len(re.findall(waiting, output)) == output.count(" of ray_bootstrap_config.yaml to join "), output
    assert "on the Ray cluster at 10.78.0.1:6379 (3 machines, Ray 2.60.0) · jar: reference" in output
    assert "2 finished" in output
    plans = sorted(launched.shared.glob("suites/*/*/plan.json"))
    assert len(plans) == 2, output
    for plan in plans:
        hosts = {process["label"]: process["host"] for process in json.loads(plan.read_text())["processes"]}
        clients = {"client_0": "10.78.0.3", "client_1": "10.78.0.1", "client_2": "10.78.0.3"}
        assert hosts == {"server": "10.78.0.2", **clients}, "the pools of the configuration, round robin"
        outcome = json.loads(plan.with_name("outcome.json").read_text())
        assert outcome["results"]["measured.requests"] > 0
    assert "java" not in launched.on_nodes()


@pytest.mark.slow
def test_a_laptop_may_go_away(launched: Site, reference_jar: Path) -> None:
    """The driver is on the head, as a job of Ray's where that takes jobs; the laptop's lid closes, and opens again."""
    laptop, config = launched.hosts["laptop"], str(launched.config)
    jar = laptop.home / "mine.jar"
    shutil.copy(reference_jar, jar)
    place = ["-s", str(launched.shared / "away"), "--cluster", config]
    words = ["fpray", "sweep", "unreplicated", "-j", str(jar), "--vary", "num_client_procs=1", "--repeat", "50", *place]
    words += [part for setting in ("warmup_timeout=60s", "duration=2s", "timeout=60s") for part in ("--set", setting)]
    refused = laptop.run(*words, "--set", "num_clientz=1")
    assert (refused.returncode, "did you mean" in refused.stderr) == (2, True), "before the head is asked"
    lines = []
    with laptop.start(*words, directory=laptop.home) as process:
        assert process.stderr
        for line in process.stderr:
            lines.append(line)
            if line.startswith("[001/050"):
                break
        laptop.kill_all_of(process)
    output = "".join(lines)
    jobs = importlib.util.find_spec("aiohttp") is not None  # of ray[default], which the nodes of a user have
    assert (
        "starts on this cluster as the Ray job fpray-" if jobs else "Ray takes no jobs on the head node ("
    ) in output
    assert "on the Ray cluster at 10.78.0.1:6379 (3 machines, Ray 2.60.0) · jar: mine.jar" in output
    # It goes on without the laptop ...
    (suite,) = (launched.shared / "away").iterdir()
    (state,) = json.loads(laptop.run("fpray", "status", "--json", *place).stdout)
    assert (state["state"], state["host"]) == ("running", "head")
    outcomes = len(list(suite.glob("*/outcome.json")))
    wait_for(lambda: len(list(suite.glob("*/outcome.json"))) > outcomes, LONG, "another trial")
    # ... which comes back, and ends it.
    with laptop.start("fpray", "attach", suite.name, *place, directory=laptop.home) as process:
        assert process.stderr
        next(line for line in process.stderr if line.startswith("[003/050"))
        laptop.kill_all_of(process)
    stopped = laptop.run("fpray", "stop", suite.name, *place)
    assert stopped.stdout.startswith("interrupted · "), stopped.stdout + stopped.stderr
    assert "nothing is running any more · to continue, run " in stopped.stdout
    assert "java" not in launched.on_nodes()
    (state,) = json.loads(laptop.run("fpray", "status", "--json", *place).stdout)
    assert (state["state"], state["exit_code"]) == ("stopped", 130)


@pytest.mark.slow
def test_whatever_is_killed_nothing_is_left_and_nothing_is_lost(launched: Site) -> None:
    """Each kind of process once, in a random order, at random moments; a machine last.

    `tests/driver/test_faults.py` has more.
    """
    seed = int(os.environ.get("FPRAY_TEST_SEED", random.SystemRandom().randrange(10**6)))
    print(f"FPRAY_TEST_SEED={seed}")
    chance, directory = random.Random(seed), launched.shared / "faults"
    directory.mkdir()
    words = "fpray sweep unreplicated -j reference --cluster ~/ray_bootstrap_config.yaml --retries 9 --repeat 8"
    settings = ("num_client_procs=1", "warmup_duration=200ms", "warmup_timeout=60s", "duration=2s", "timeout=60s")
    words += "".join(f" --set {setting}" for setting in settings)
    command = ["ray", "exec", str(launched.config), f"cd {directory} && {words}"]
    kinds = {"fpray": "head", "ray::RoleActor": "node-1", "fpray-supervise": "node-2"}
    sweep = None
    for kind in [*chance.sample(list(kinds), 3), "raylet"]:
        if sweep is None or sweep.poll() is not None:
            sweep = launched.hosts["laptop"].start(*command, directory=launched.hosts["laptop"].home)
        wait_for(lambda: len(jvms(str(directory))) == 2, LONG, f"a trial before {kind} is killed (seed {seed})")
        time.sleep(chance.uniform(0, 2))
        host = launched.hosts[kinds.get(kind, "node-2")]
        victims = jvms(str(directory)) if kind == "fpray" else host.processes_named("java")
        for victim in host.processes_named(kind):
            victim.kill()
        wait_for(
            lambda processes=victims: not any(map(lives, processes)), LONG, f"end of what {kind} leaves (seed {seed})"
        )
        if kind == "fpray":
            sweep.communicate(timeout=LONG)
    assert sweep is not None
    out, output = sweep.communicate(timeout=LONG)
    assert sweep.returncode == 0, f"seed {seed}: {out}{output}"
    assert not jvms(str(directory))
    (suite,) = (directory / "suites").iterdir()
    ends = [json.loads(path.read_text())["status"] for path in suite.glob("[0-9]*/outcome.json")]
    assert ends == ["finished"] * 8, f"seed {seed}: {ends}"
    assert len((suite / "results.csv").read_text().splitlines()) == 9, f"seed {seed}: a trial twice, or not at all"


def test_every_machine_was_asked_to_install_the_drivers_versions(launched: Site) -> None:
    for name in NODES:
        home = launched.hosts[name].home
        requests = (home / "pip-was-asked").read_text().splitlines()
        wheel = f"{home}/fpray-wheel/fpray-0.1.0-py3-none-any.whl"
        assert [words.split()[-2:] for words in requests] == [
            [f"ray[default]=={version('ray')}", wheel],
            ["--force-reinstall", wheel],
        ]
        installed = (home / "fpray" / "installed").read_text()
        second_run = launched.hosts[name].run("bash", "fpray-node/install.sh")
        assert (second_run.returncode, (home / "fpray" / "installed").read_text()) == (0, installed), second_run.stderr
        assert (home / "pip-was-asked").read_text().splitlines() == requests, "what is installed is not installed again"


@pytest.mark.slow
def test_ray_down_leaves_nothing_that_runs_anything(launched: Site) -> None:
    """The head stops at once, the others when they have missed it for 20 s.

    Ray's own agents stay for a minute more: they are telling the head, which has gone, that their raylet has.
    """
    launched.ray("down")
    agents = {"ray::DashboardAgent", "ray::RuntimeEnvAgent"}
    wait_for(lambda: set(launched.on_nodes()) <= agents, LONG, "nothing left on the nodes")
    wait_for(lambda: not launched.hosts["head"].processes(), LONG, "nothing left on the head")
