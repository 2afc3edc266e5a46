"""Machines that join, leave, or are drained while a sweep runs."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fpray.cluster.allocator import Allocator
from fpray.cluster.discovery import Discovery
from fpray.cluster.nodes import Machine
from fpray.plan.plan import Trial
from fpray.plan.words import RAY_START
from fpray.store.outcome import Outcome, Reason, Status
from fpray.testing.fake_machines import FakeMachines
from tests.conftest import wait_for
from tests.support.patience import LONG
from tests.support.sweeps import finished, run_on, statuses

pytestmark = pytest.mark.heavy


@pytest.fixture
def joined(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The machines that a sweep has asked for their facts and has decided on; it looks for them all the time."""
    monkeypatch.setattr("fpray.cluster.discovery._POLL_S", 0.0)
    decided: set[str] = set()
    add = Discovery._add

    def decide(self: Discovery, host: str, answer: Any) -> None:
        add(self, host, answer)
        decided.add(host)

    monkeypatch.setattr(Discovery, "_add", decide)
    return decided


def test_a_machine_that_joins_is_used_and_one_that_is_drained_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], joined: set[str]
) -> None:
    machines, hosts_by_trial = FakeMachines(["a", "b"]), dict[int, Sequence[str]]()

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        number = trial.params.num_clients_per_proc
        hosts_by_trial[number] = hosts
        if number == 1:
            machines.living |= {host: Machine(host, host, cores, {}) for host, cores in (("c", 4), ("d", 4), ("e", 8))}
        if number == 4:
            machines.living["b"] = Machine("b", "b", 4, {}, draining=True)
        if number >= 5:
            wait_for(lambda: {"c", "d", "e"} <= joined, LONG, "a decision on the new machines")
            wait_for(lambda: machines.living["b"].draining, LONG, "what trial 4 does")
        return finished(trial, hosts)

    result = run_on(machines, play, tmp_path, loops=16)
    output = capsys.readouterr().err
    assert statuses(result) == ["finished"] * 16
    all_hosts = {host for hosts in hosts_by_trial.values() for host in hosts}
    assert all_hosts == {"a", "b", "c", "d"}, "another kind replaces none"
    # Trials 5 to 7 may have begun on b: they wait for it to drain, and at most four run at once.
    assert not any("b" in hosts_by_trial[number] for number in range(8, 16)), hosts_by_trial
    assert "note: machine c has joined the Ray cluster; trials run on it, too" in output
    assert (
        "machine e has joined the Ray cluster, but is not used, because a new machine can only replace an"
        " equal machine, and no machine of this sweep has the same roles, region and number of cores as the new"
        " machine e." in output
    )
    machines = json.loads((result.suite / "suite.json").read_text())["runs"][0]["machines"]
    assert {"a", "b", "c", "d"} <= machines.keys()


def test_a_machine_that_joins_replaces_one_of_its_pool_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fpray.cluster.discovery._POLL_S", 0.0)
    monkeypatch.setattr("fpray.driver.executor._LOOK_S", 0.1)
    machines = FakeMachines(())

    def node(host: str, pool: str) -> Machine:
        return Machine(host, host, 4, {"fpray/pool": pool})

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        if trial.params.num_clients_per_proc == 1:
            del machines.living["b"]
            threading.Timer(0.2, lambda: machines.living.update(c=node("c", "server"))).start()
        return finished(trial, hosts)

    machines.living = {"a": node("a", "clients"), "b": node("b", "server")}
    result = run_on(machines, play, tmp_path, loops=4)
    assert statuses(result) == ["finished"] * 4
    assert set(result.outcomes["004"].hosts) == {"a", "c"}


@pytest.mark.jvm
def test_a_machine_that_joins_a_sweep_on_one_machine_without_a_jar_does_not_end_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], joined: set[str]
) -> None:
    machines = FakeMachines(["a"])

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        machines.living["b"] = Machine("b", "b", 4, {})
        if trial.params.num_clients_per_proc >= 2:
            wait_for(lambda: "b" in joined, LONG, "a decision on the new machine")
        return finished(trial, hosts)

    result = run_on(machines, play, tmp_path, loops=4, jar=None)
    assert statuses(result) == ["finished"] * 4
    assert (
        "machine b has joined the Ray cluster, but is not used, because -j/--jar is required for a sweep"
    ) in capsys.readouterr().err


def test_machines_that_are_gone_are_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cloud replaces one that was taken away in some minutes; where none comes, what is left is lost."""
    monkeypatch.setattr("fpray.cluster.discovery._POLL_S", 0.0)
    monkeypatch.setattr("fpray.driver.executor._LOOK_S", 0.1)
    machines = FakeMachines(["a"])

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        number = trial.params.num_clients_per_proc
        if number in (1, 3):
            machines.living.clear()
        if number == 3:
            monkeypatch.setattr("fpray.driver.wait_queue.PATIENCE_S", 0.3)
        if number == 1:
            threading.Timer(0.3, lambda: machines.living.update(b=Machine("b", "b", 4, {}))).start()
        return finished(trial, hosts)

    result = run_on(machines, play, tmp_path, loops=6)
    assert statuses(result) == ["finished"] * 4 + ["lost"] * 2
    lost = result.outcomes["005"].detail
    needs = "the trial needs any 1 of the machines a, b, but of these the Ray cluster has none now"
    assert lost == f"{needs}. Start Ray on them: {RAY_START}"


def test_a_rest_that_ends_while_it_is_looked_at_holds_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fpray.cluster.allocator.BRIEF_QUARANTINE_S", 0.2)
    monkeypatch.setattr("fpray.cluster.allocator.LONG_QUARANTINE_S", 0.2)
    monkeypatch.setattr("fpray.driver.executor._LOOK_S", 0.1)
    missing = Allocator.shortage

    def slowly(self: Allocator, trial: Trial[Any]) -> str | None:
        time.sleep(0.3)
        return missing(self, trial)

    monkeypatch.setattr(Allocator, "shortage", slowly)
    lost: list[str] = []

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        if len(lost) < 2:
            lost.extend(hosts)
            return Outcome(Status.LOST, "no cable", Reason.INFRASTRUCTURE, hosts=hosts)
        return finished(trial, hosts)

    assert statuses(run_on(FakeMachines(["a", "b"]), play, tmp_path, loops=1)) == ["finished"]
