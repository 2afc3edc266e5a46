"""Two hosts that share no suite directory and no jar: everything travels through Ray, and nothing is left out."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fpray.files.layout import MACHINES
from tests.conftest import OVERLAPPING, wait_for
from tests.driver.held import PATIENT
from tests.support.hosts import Host, hosts, needs_hosts
from tests.support.patience import LONG
from tests.support.processes import below
from tests.support.ray_nodes import TRIES

HEAD, NODE = "10.78.0.1", "10.78.0.2"
RAY = f"{HEAD}:6379"
pytestmark = needs_hosts(900)


@pytest.fixture(scope="module")
def site(reference_jar: Path) -> Iterator[dict[str, Host]]:
    """A head and another host in one Ray cluster; what is in their /tmp, /var/tmp and home is each one's own."""
    with hosts("head", "node") as (by_name, _):
        for name, words in (
            ("head", ["--head", "--port=6379", "--no-monitor", "--include-dashboard=false"]),
            ("node", [f"--address={RAY}"]),
        ):
            host = by_name[name]
            host.environment.update(RAY_AUTH_MODE="disabled", RAY_worker_niceness="0")
            common = [f"--node-ip-address={host.address}", "--num-cpus=2", "--include-log-monitor=false"]
            common += ["--disable-usage-stats", "--object-store-memory=100000000"]
            for _ in range(TRIES):
                done = host.run("ray", "start", *words, *common, timeout=LONG)
                if done.returncode == 0:
                    break
                for process in (p for name in ("raylet", "gcs_server") for p in host.processes_named(name)):
                    process.kill()
            assert done.returncode == 0, done.stdout + done.stderr
        work = by_name["head"].tmp / "work"
        work.mkdir()
        shutil.copy(reference_jar, work / "mine.jar")
        pools = {"1": {"server": [NODE], "clients": [HEAD, NODE]}}
        (work / "cluster.json").write_text(json.dumps(pools))
        yield by_name


def _words(*words: str) -> list[str]:
    line = ["fpray", "sweep", "unreplicated", "-j", "mine.jar", "--cluster", "cluster.json", "--address", RAY]
    return ["sh", "-c", 'cd /tmp/work && exec "$@"', "sh", *line, "--vary", "num_client_procs=2", *words]


def _trials(host: Host) -> list[Path]:
    """What is on a host's scratch: the directories of trials."""
    return list(host.tmp.glob("var/fpray-0/trials/*"))


def _suite(root: Path) -> Path:
    (suite,) = root.glob("*_unreplicated_smoke")
    return suite


def _files(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def test_a_suite_that_only_the_driver_sees_is_like_one_that_all_see(site: dict[str, Host]) -> None:
    head, node = site["head"], site["node"]
    shared = head.home.parents[1] / "shared"
    alone = head.run(*_words(*OVERLAPPING, "--vary", "num_clients_per_proc=0,1"), timeout=LONG)
    assert alone.returncode == 0, alone.stderr
    together = head.run(*_words(*OVERLAPPING, "--vary", "num_clients_per_proc=0,1", "-s", str(shared)), timeout=LONG)
    assert together.returncode == 0, together.stderr
    ours, theirs = _suite(head.tmp / "work" / "suites"), _suite(shared)

    _have_the_same_files(ours, theirs)
    tables = [pq.read_table(file, columns=["host"]) for suite in (ours, theirs) for file in suite.rglob(MACHINES)]
    assert {host for table in tables for host in table["host"].to_pylist()} == {HEAD, NODE}
    pages = [
        head.run("sh", "-c", f"cd /tmp/work && fpray show {suite}").stdout for suite in ("suites/*smoke", str(theirs))
    ]
    assert pages[0].splitlines()[2].split() == pages[1].splitlines()[2].split(), pages
    assert pages[0].splitlines()[-1] == pages[1].splitlines()[-1] == "2 finished"

    runs = [json.loads((suite / "suite.json").read_text())["runs"][0] for suite in (ours, theirs)]
    assert [run["jar_sent_to"] for run in runs] == [[NODE], []], "once per node"
    assert not (head.home / ".cache" / "fpray" / "jars").exists(), "the driver's own path will do there"
    assert not _trials(node)
    _commands_can_be_pasted(ours, node)


def _have_the_same_files(ours: Path, theirs: Path) -> None:
    tables = [pq.read_table(suite / "results.parquet") for suite in (ours, theirs)]
    assert tables[0].schema == tables[1].schema
    assert tables[0]["status"].to_pylist() == ["finished", "finished"]
    for number in ("001", "002"):
        # One that was lost on a machine that is very busy has been attempted before.
        assert _files(ours / number) - {"attempts"} == _files(theirs / number) - {"attempts"}
        pids = json.loads((ours / number / "pids.json").read_text())
        assert sorted(pids.values()) == ["client_0", "client_1", "server"]
        plan = json.loads((ours / number / "plan.json").read_text())
        where = {process["label"]: process["directory"] for process in plan["processes"]}
        assert where["client_0"].startswith("/tmp/work/suites/")
        assert where["server"].startswith("/var/tmp/fpray-0/trials/")
        assert "Listening" in (ours / number / "server_out.txt").read_text()


def _commands_can_be_pasted(ours: Path, node: Host) -> None:
    """On the node, where its jar and the trial's directory are."""
    (jar,) = (node.home / ".cache" / "fpray" / "jars").glob("*.jar")
    assert hashlib.sha256(jar.read_bytes()).hexdigest() == jar.stem
    commands = {label: (ours / "001" / f"{label}_cmd.txt").read_text() for label in ("server", "client_1")}
    for command in commands.values():
        assert f"\n# on {NODE}, in /var/tmp/fpray-0/trials/" in command
        assert str(jar) in command
    plan = json.loads((ours / "001" / "plan.json").read_text())
    (server,) = [process for process in plan["processes"] if process["label"] == "server"]
    listens = f"until (: < /dev/tcp/{server['host']}/{server['port']}) 2> /dev/null; do sleep 0.1; done"
    script = f"({commands['server']}) & {listens}\n{commands['client_1']}echo ended $?; kill $!; pkill java"
    pasted = node.run("bash", "-c", script)
    assert "ended 0" in pasted.stdout, pasted
    assert "Clients finished successfully" in pasted.stdout
    for trial_directory in _trials(node):
        shutil.rmtree(trial_directory)


@pytest.mark.slow
def test_what_a_killed_driver_left_comes_home_when_its_sweep_is_carried_on(site: dict[str, Host]) -> None:
    head, node = site["head"], site["node"]
    words = _words(*PATIENT, "-s", "/tmp/work/killed")
    driver = head.start(*words, directory=head.home)

    def holds() -> bool:
        """The trial goes on until it is ended."""
        measuring = any((directory / "client_1_data.csv").exists() for directory in _trials(node))
        for jvm in node.processes_named("java") if measuring else ():
            jvm.suspend()
        return measuring

    wait_for(holds, LONG, "a client that measures")
    for child in below(driver.pid, deep=False):
        child.kill()
    driver.communicate(timeout=LONG)
    wait_for(lambda: "java" not in [*head.processes(), *node.processes()], LONG, "no JVM is left")
    assert _trials(node), "no driver has collected them"
    log = head.run("sh", "-c", "cd /tmp/work && fpray logs killed/*/001 server")
    assert "Listening" in log.stdout, log.stderr
    done = head.run(*words, timeout=LONG)
    assert done.returncode == 0, done.stderr
    assert "continuing" in done.stderr
    suite = _suite(head.tmp / "work" / "killed")
    earlier = suite / "001" / "attempts" / "1"
    assert "Listening" in (earlier / "server_out.txt").read_text()
    assert not (earlier / "client_1_data.csv").exists(), "rows of an attempt that came to nothing are of no use"
    assert json.loads((suite / "001" / "outcome.json").read_text())["status"] == "finished"
    assert json.loads((suite / "suite.json").read_text())["runs"][-1]["jar_sent_to"] == []
    assert not _trials(node)
