"""Trials side by side on a cluster of four machines: network namespaces on a bridge, a real Ray node in each."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from tests.conftest import FPRAY, QUICK, cli, wait_for
from tests.driver.held import ENDLESS, PATIENT, hold_clients, release
from tests.support.hosts import needs_hosts
from tests.support.patience import LONG
from tests.support.processes import command_of, jvms, lives
from tests.support.ray_nodes import end_node, start_node
from tests.support.suites import only_suite

NAMES = [f"fpray-s{i}-{os.getpid()}" for i in range(1, 5)]
HOSTS = [f"10.78.0.{i}" for i in range(1, 5)]
RAY = str(Path(sys.executable).with_name("ray"))
ENVIRONMENT = {**os.environ, "RAY_AUTH_MODE": "disabled", "RAY_worker_niceness": "0"}
ONE_LOOP = ("--set", "num_clients_per_proc=0")  # as little load as a trial can be: its protocol runs one loop more
pytestmark = needs_hosts(600)


def _ip(*words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words], check=check, capture_output=True)


@pytest.fixture(scope="module")
def machines() -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Host -> its Ray node, of four namespaces on a bridge."""
    scratch = Path(tempfile.mkdtemp(prefix="fps-", dir="/tmp"))
    nodes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        try:
            _plug_together()
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no network namespaces here: {error.stderr}")
        for name, host in zip(NAMES, HOSTS, strict=True):
            # One after the other: they share a session directory, and would choose the same names in it.
            nodes[host] = _start_node(name, host, scratch)
        wait_for(lambda: _count() == len(HOSTS), LONG, "all nodes")
        yield nodes
    finally:
        for node in reversed(nodes.values()):
            node.send_signal(signal.SIGTERM)
        for node in nodes.values():
            end_node(node)
        for name in NAMES:
            for pid in _pids(name):
                _kill(pid)
            _ip("netns", "del", name, check=False)
        shutil.rmtree(scratch, ignore_errors=True)


def _plug_together() -> None:
    for i, (name, host) in enumerate(zip(NAMES, HOSTS, strict=True)):
        _ip("netns", "add", name)
        _ip("-n", name, "link", "set", "lo", "up")
        if i == 0:
            _ip("-n", name, "link", "add", "br0", "type", "bridge")
            _ip("-n", name, "address", "add", f"{host}/24", "dev", "br0")
            _ip("-n", name, "link", "set", "br0", "up")
            continue
        _ip("link", "add", f"port{i}", "netns", NAMES[0], "type", "veth", "peer", "eth0", "netns", name)
        _ip("-n", NAMES[0], "link", "set", f"port{i}", "master", "br0", "up")
        _ip("-n", name, "address", "add", f"{host}/24", "dev", "eth0")
        _ip("-n", name, "link", "set", "eth0", "up")


def _start_node(name: str, host: str, scratch: Path) -> subprocess.Popen[bytes]:
    words = ["--head", "--port=6379", f"--temp-dir={scratch / name}", "--include-dashboard=false", "--no-monitor"]
    words = words if host == HOSTS[0] else [f"--address={HOSTS[0]}:6379"]
    words += [f"--node-ip-address={host}", "--num-cpus=2", "--block", "--include-log-monitor=false"]
    words += ["--disable-usage-stats", "--object-store-memory=100000000"]
    command = ["ip", "netns", "exec", name, RAY, "start", *words]
    return start_node(command, ENVIRONMENT, scratch / f"{name}.log")


def _count() -> int:
    code = f"import ray; ray.init(address='{HOSTS[0]}:6379'); print(sum(n['Alive'] for n in ray.nodes()))"
    command = ["ip", "netns", "exec", NAMES[0], sys.executable, "-c", code]
    count = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT).stdout.strip()
    return int(count) if count.isdigit() else 0


def _pids(name: str) -> list[int]:
    pids = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True).stdout
    return [int(pid) for pid in pids.split()]


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has ended with its parent
        os.kill(pid, signal.SIGKILL)


def _sweep(cwd: Path, *words: str) -> subprocess.Popen[str]:
    return _fpray(cwd, "sweep", "--vary", "num_client_procs=1", *words)


def _journal(suite: Path) -> JournalStorage:
    return JournalStorage(JournalFileBackend(str(suite / "optuna.journal")))


def _fpray(cwd: Path, kind: str, *words: str) -> subprocess.Popen[str]:
    words = ("-j", "reference", "--address", f"{HOSTS[0]}:6379", *words)
    command = ["ip", "netns", "exec", NAMES[0], FPRAY, kind, "unreplicated", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=cwd, stdout=pipe, stderr=pipe, text=True, env=ENVIRONMENT)


def _trials(seconds: int) -> tuple[str, ...]:
    """The words for trials that measure so long, and longer while a test suspends their clients."""
    return (*PATIENT[:4], "--set", f"duration={seconds}s", "--set", "timeout=300s")


def _running(sweep: subprocess.Popen[str]) -> bool:
    assert sweep.poll() is None, sweep.communicate()
    return True


def _holds(host: str, directory: Path) -> bool:
    """Whether a client runs on a machine; it is suspended, so that its trial does not end."""
    for jvm in jvms(str(directory)):
        if f"--host {host} " in (command := command_of(jvm)) and "ClientMain" in command:
            jvm.suspend()
            return lives(jvm)
    return False


def _end(sweep: subprocess.Popen[str]) -> str:
    """What it said; it must have finished all."""
    _, messages = sweep.communicate(timeout=LONG)
    assert sweep.returncode == 0, messages
    return messages


def _spans(suite: Path) -> list[tuple[int, int, set[str]]]:
    """When each trial ran on which machines: from its first event to its last, in order of starting."""
    spans = []
    for path in sorted(suite.glob("[0-9]*/outcome.json")):
        times = [event["t"] for event in json.loads(path.with_name("events.json").read_text())]
        spans.append((min(times), max(times), set(json.loads(path.read_text())["hosts"])))
    return spans


def _at_once(spans: list[tuple[int, int, set[str]]]) -> int:
    return max(sum(begin <= t <= end for begin, end, _ in spans) for t, _, _ in spans)


def test_trials_run_side_by_side_on_machines_of_their_own(machines: object, tmp_path: Path) -> None:
    sweep = _sweep(tmp_path, *_trials(2), "--vary", "num_clients_per_proc=0,1,2,3", "--repeat", "2")
    release(hold_clients(tmp_path, len(HOSTS)))  # however slow this machine is, four measure at the same time
    messages = _end(sweep)
    assert "study smoke · 8 trials · up to 4 in parallel, in random order (seed " in messages
    suite = only_suite(tmp_path)
    spans = _spans(suite)
    assert len(spans) == 8
    assert _at_once(spans) == len(HOSTS), spans
    for one, other in itertools.combinations(spans, 2):
        if one[0] <= other[1] and other[0] <= one[1]:
            assert not one[2] & other[2], "trials that overlap share no machine"
    assert set.union(*(hosts for _, _, hosts in spans)) == set(HOSTS)
    identities = [json.loads(path.read_text()) for path in sorted(suite.glob("[0-9]*/trial.json"))]
    assert [trial["repeat"] for trial in identities] == [0] * 4 + [1] * 4, "each point once before any point again"
    loops = [int(n) for n in re.findall(r"^\[.*'num_clients_per_proc': '(\d)'", messages, re.MULTILINE)]
    header, *rows = (suite / "results.csv").read_text().splitlines()
    column = header.split(",").index("num_clients_per_proc")
    assert [int(row.split(",")[column]) for row in rows] == loops, "results.csv is in the order of finishing"


@pytest.mark.slow
def test_parallel_1_is_one_after_the_other_at_home_and_resume_keeps_the_order(machines: object, tmp_path: Path) -> None:
    words = (*QUICK, "--parallel", "1")
    assert "in parallel" not in _end(_sweep(tmp_path, *words, "--vary", "num_clients_per_proc=0,1,2"))
    suite = only_suite(tmp_path)
    spans = _spans(suite)
    assert _at_once(spans) == 1
    assert [hosts for _, _, hosts in spans] == [{HOSTS[0]}] * 3, "alone, FrankenPaxos's placement: the first machine"
    order = json.loads((suite / "suite.json").read_text())["order"]
    assert order["kind"] == "random"
    messages = _end(_sweep(tmp_path, *words, "-s", str(suite), "--vary", "num_clients_per_proc=0,1,2,5"))
    assert f"in random order (seed {order['seed']})" in messages
    assert json.loads((suite / "suite.json").read_text())["order"] == order


@pytest.mark.slow
def test_leases_of_a_strangers_sweep_are_respected(machines: object, tmp_path: Path) -> None:
    """Two sweeps at once: the second takes what the first has not, and none is on a machine of the other."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    first = _sweep(one, *_trials(3), *ONE_LOOP, "--repeat", "2", "--parallel", "2")
    clients = hold_clients(one, 2)
    second = _sweep(two, *_trials(1), *ONE_LOOP, "--repeat", "3", "--parallel", "2")
    wait_for(lambda: list(two.glob("suites/*/001")), LONG, "the second sweep wants machines")
    release(clients)  # the first may have all machines
    _end(second)
    _end(first)
    spans = [*_spans(only_suite(one)), *_spans(only_suite(two))]
    for (begin, end, hosts), (other_begin, other_end, other_hosts) in itertools.combinations(spans, 2):
        if begin <= other_end and other_begin <= end:
            # Preparing is what events begin with; the machines are taken before it.
            assert not hosts & other_hosts


def test_shared_machines_run_more_trials_than_there_are_machines(machines: object, tmp_path: Path) -> None:
    words = ("--repeat", "6", "--parallel", "6", "--share-machines")
    sweep = _sweep(tmp_path, *_trials(3), *ONE_LOOP, *words)
    release(hold_clients(tmp_path, 6))
    assert "up to 6 in parallel" in _end(sweep)
    assert _at_once(_spans(only_suite(tmp_path))) == 6


@pytest.mark.slow
def test_a_search_asks_while_others_run_and_is_killed_with_several_under_way(machines: object, tmp_path: Path) -> None:
    """Three trials at a time on machines of their own; killed in the midst of them, none is lost or asked twice."""
    space = ("--space", "num_clients_per_proc=1..64:log", "--stop-at", "0%", "--budget-trials", "6", "--seed", "1")
    words = ("--maximize", "measured.throughput", *space, "--parallel", "3", *_trials(2))
    search = _fpray(tmp_path, "search", *words)
    hold_clients(tmp_path)
    wait_for(lambda: _running(search) and len(list(tmp_path.glob("suites/*/*/outcome.json"))) >= 1, LONG, "an outcome")
    search.kill()
    search.communicate()
    wait_for(lambda: not jvms(str(tmp_path)), LONG, "the end of its trials")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("suites/*/*/outcome.json")}
    ids = {json.loads(path.read_text())["id"] for path in tmp_path.glob("suites/*/*/trial.json")}
    assert len(ids) > len(before), "killed with trials under way"
    assert "not ended: at most " in cli("show", str(only_suite(tmp_path))).output
    search = _fpray(tmp_path, "search", *words)
    release(hold_clients(tmp_path, 2))
    messages = _end(search)
    assert "up to 3 in parallel" in messages
    suite = only_suite(tmp_path)
    assert all(path.stat().st_mtime_ns == then for path, then in before.items())
    trials = optuna.load_study(study_name=None, storage=_journal(suite)).trials
    assert [t.user_attrs["status"] for t in trials] == ["finished"] * 6
    assert ids <= {t.user_attrs["fpray_trial"] for t in trials}
    assert len({t.user_attrs["fpray_trial"] for t in trials}) == 6
    spans = _spans(suite)
    assert 2 <= _at_once(spans) <= 3, spans
    for one, other in itertools.combinations(spans, 2):
        if one[0] <= other[1] and other[0] <= one[1]:
            assert not one[2] & other[2], "trials that overlap share no machine"
    assert "ended: the budget of 6 trials is spent" in messages
    best = json.loads((suite / "answer.json").read_text())["best"]
    assert sum(t.params == best["params"] for t in trials) == len(best["trials"])


def test_ctrl_c_ends_all_that_run_side_by_side(machines: object, tmp_path: Path) -> None:
    sweep = _sweep(tmp_path, *ENDLESS, *ONE_LOOP, "--repeat", "5")
    wait_for(lambda: _running(sweep) and len(jvms(str(tmp_path))) >= 6, LONG, "three trials side by side")
    sweep.send_signal(signal.SIGINT)
    _, messages = sweep.communicate(timeout=LONG)
    assert sweep.returncode == 130, messages
    assert "interrupted · 0 of 5 finished, and their results are kept · nothing is running any more" in messages
    assert "Traceback" not in messages
    assert not jvms(str(tmp_path))
    statuses = [json.loads(p.read_text())["status"] for p in only_suite(tmp_path).glob("[0-9]*/outcome.json")]
    assert set(statuses) == {"interrupted"}


@pytest.mark.slow
def test_a_lost_machine_takes_its_own_trial_only_and_that_runs_elsewhere(
    machines: dict[str, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    """The last test: the machine stays dead."""
    victim = HOSTS[2]
    sweep = _sweep(tmp_path, *_trials(3), *ONE_LOOP, "--repeat", "6")
    wait_for(lambda: _running(sweep) and _holds(victim, tmp_path), LONG, "a client on the victim")
    for pid in _pids(NAMES[2]):
        _kill(pid)
    messages = _end(sweep)
    assert messages.count("runs again automatically") == 1, messages
    assert "lost: " in messages
    suite = only_suite(tmp_path)
    (first_attempt,) = suite.glob("[0-9]*/attempts/1")
    outcome = json.loads((first_attempt / "outcome.json").read_text())
    assert (outcome["status"], outcome["hosts"]) == ("lost", [victim])
    assert json.loads((first_attempt.parent.parent / "outcome.json").read_text())["hosts"] != [victim]
    assert "6 finished" in messages
