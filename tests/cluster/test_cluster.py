"""A sweep across two machines, each with an address of its own: network namespaces, a real Ray node in each."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import FPRAY, OVERLAPPING, wait_for
from tests.support.hosts import needs_hosts
from tests.support.patience import LONG
from tests.support.ray_nodes import end_node, start_node

# Names that no other test process has: namespaces are the whole machine's.
HEAD, OTHER = f"fpray-a-{os.getpid()}", f"fpray-b-{os.getpid()}"
HOSTS = {HEAD: "10.77.0.1", OTHER: "10.77.0.2"}
ADDRESS = "10.77.0.1:6379"
ENVIRONMENT = {**os.environ, "RAY_AUTH_MODE": "disabled"}
RAY = str(Path(sys.executable).with_name("ray"))
pytestmark = needs_hosts(600)


def _ip(*words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words], check=check, capture_output=True)


@pytest.fixture(scope="module")
def two_machines() -> Iterator[str]:
    """The address of a Ray cluster of two namespaces that are joined by a cable."""
    scratch = Path(tempfile.mkdtemp(prefix="fpn-", dir="/tmp"))
    nodes: list[subprocess.Popen[bytes]] = []
    try:
        try:
            _connect()
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no network namespaces here: {error.stderr}")
        nodes.append(_start_node(HEAD, scratch, "--head", "--port=6379", *_head_words(scratch)))
        pools = ["--labels=fpray/pool=server", '--resources={"fpray_pool_clients": 1}']
        nodes.append(_start_node(OTHER, scratch, f"--address={ADDRESS}", *pools))
        wait_for(lambda: _node_count() == 2, LONG, "both nodes")
        yield ADDRESS
    finally:
        _end(nodes)
        shutil.rmtree(scratch, ignore_errors=True)


def _connect() -> None:
    """Two namespaces, each with an address, and a cable between them."""
    for name in HOSTS:
        _ip("netns", "add", name)
        _ip("-n", name, "link", "set", "lo", "up")
    _ip("link", "add", "fpray-va", "netns", HEAD, "type", "veth", "peer", "fpray-vb", "netns", OTHER)
    for (name, address), cable in zip(HOSTS.items(), ("fpray-va", "fpray-vb"), strict=True):
        _ip("-n", name, "address", "add", f"{address}/24", "dev", cable)
        _ip("-n", name, "link", "set", cable, "up")


def _head_words(scratch: Path) -> list[str]:
    return [f"--temp-dir={scratch / HEAD}", "--include-dashboard=false", "--no-monitor"]


def _start_node(name: str, scratch: Path, *words: str) -> subprocess.Popen[bytes]:
    """A Ray node in a namespace."""
    words = (*words, f"--node-ip-address={HOSTS[name]}", "--num-cpus=2", "--block", "--include-log-monitor=false")
    words = (*words, "--disable-usage-stats", "--object-store-memory=100000000")
    command = ["ip", "netns", "exec", name, RAY, "start", *words]
    return start_node(command, {**ENVIRONMENT, "RAY_worker_niceness": "0"}, scratch / f"{name}.log")


def _end(nodes: list[subprocess.Popen[bytes]]) -> None:
    """End the nodes, the head last, and remove the namespaces."""
    for node in reversed(nodes):
        node.send_signal(signal.SIGTERM)
    for node in nodes:
        end_node(node)
    for name in HOSTS:
        pids = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True).stdout.split()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):  # it has ended with its parent
                os.kill(int(pid), signal.SIGKILL)
        _ip("netns", "del", name, check=False)


def _node_count() -> int:
    code = f"import ray; ray.init(address='{ADDRESS}'); print(len(ray.nodes()))"
    command = ["ip", "netns", "exec", HEAD, sys.executable, "-c", code]
    count = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT).stdout.strip()
    return int(count) if count.isdigit() else 0


def _sweep(address: str, cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = ["ip", "netns", "exec", HEAD, FPRAY, "sweep", "unreplicated", *OVERLAPPING, "--address", address, *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=LONG, env=ENVIRONMENT)


def test_on_several_machines_the_jar_is_required(two_machines: str, tmp_path: Path) -> None:
    done = _sweep(two_machines, tmp_path)
    assert done.returncode == 2, done.stderr
    assert "is required for a sweep on several machines (2 here)" in done.stderr
    assert not list((tmp_path / "suites").iterdir()), "nothing was started, so nothing is left"


def test_roles_run_where_the_cluster_file_says(two_machines: str, tmp_path: Path) -> None:
    cluster = tmp_path / "cluster.json"
    cluster.write_text(json.dumps({"1": {"server": ["10.77.0.2"], "clients": ["10.77.0.1", "10.77.0.2"]}}))
    words = ["-j", "reference", "--cluster", str(cluster), "--vary", "num_client_procs=2", "--place", "exclusive"]
    done = _sweep(two_machines, tmp_path, *words)
    assert done.returncode == 0, done.stderr
    assert f"on the Ray cluster at {two_machines} (2 machines, Ray 2.60.0) · jar: reference" in done.stderr
    (plan,) = (tmp_path / "suites").glob("*/001/plan.json")
    hosts = {p["label"]: p["host"] for p in json.loads(plan.read_text())["processes"]}
    # Round robin, but for machine .2, which the server has for itself.
    assert hosts == {"server": "10.77.0.2", "client_0": "10.77.0.1", "client_1": "10.77.0.1"}
    outcome = json.loads(plan.with_name("outcome.json").read_text())
    assert outcome["results"]["measured.requests"] > 0
    suite = json.loads((plan.parent.parent / "suite.json").read_text())
    assert sorted(suite["runs"][0]["machines"]) == ["10.77.0.1", "10.77.0.2"]


def test_without_a_cluster_file_each_node_names_its_pools(two_machines: str, tmp_path: Path) -> None:
    words = ["-j", "reference", "--vary", "num_client_procs=2"]
    done = _sweep(two_machines, tmp_path, *words)
    assert done.returncode == 0, done.stderr
    (plan,) = (tmp_path / "suites").glob("*/001/plan.json")
    hosts = [p["host"] for p in json.loads(plan.read_text())["processes"]]
    assert hosts == ["10.77.0.2"] * 3


def test_what_is_not_there_or_never_fits_is_refused_by_name(two_machines: str, tmp_path: Path) -> None:
    cluster = tmp_path / "cluster.json"
    cluster.write_text(json.dumps({"server": ["10.77.0.2"], "clients": ["10.77.0.1", "10.77.0.9"]}))
    done = _sweep(two_machines, tmp_path, "-j", "reference", "--cluster", str(cluster))
    assert done.returncode == 2, done.stderr
    sentence = ", but it is not in the Ray cluster, which has 10.77.0.1, 10.77.0.2"
    assert f"10.77.0.9 is in the cluster file {cluster}{sentence}" in done.stderr
    done = _sweep(two_machines, tmp_path, "-j", "reference", "--place", "exclusive")
    assert done.returncode == 2, done.stderr
    shortage = "pools server, clients: 1 more machine needed: there is 1 (10.77.0.2), and --place allows no other role"
    assert shortage in done.stderr, "both of its pools are this machine's alone"
    assert not list((tmp_path / "suites").iterdir()), "nothing was started, so nothing is left"
