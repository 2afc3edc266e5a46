"""One trial from its first step to its outcome, on fake machines."""

from __future__ import annotations

import json
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from fpray.cluster.cancellation import Cancellation
from fpray.errors import Lost
from fpray.node.agent import NodeAgent
from fpray.node.messages import Failure
from fpray.store.outcome import Reason, Status
from fpray.study.registry import find_protocol, find_study
from fpray.testing.fake_agent import Answer
from fpray.testing.fake_machines import FakeMachines
from tests.support.trials import a_trial, actor_gone, run


def test_a_trial_finishes_step_by_step(tmp_path: Path) -> None:
    machines = FakeMachines(["a"])
    outcome = run(tmp_path, machines)
    assert (outcome.status, outcome.reason, outcome.detail, outcome.doubts) == (Status.FINISHED, Reason.NONE, "", [])
    assert outcome.results["measured.throughput"] == pytest.approx(2000, rel=0.01)
    assert [(end.label, end.returncode) for end in outcome.processes] == [("server", 143), ("client_0", 0)]
    steps = [event["detail"] for event in outcome.events if event["kind"] == "phase" and not event["label"]]
    assert steps[:4] == ["preparing", "starting", "starting clients", "measuring"]
    assert set(outcome.phases) == set(steps)
    assert {"stopping", "collecting", "summarizing", "waiting for servers to stop"} < set(steps)
    order = [method for _, _, method, _ in machines.calls]
    assert order.index("lock") < order.index("inspect") < order.index("start") < order.index("read_client")
    assert order[-1] == "unlock"
    plan = json.loads((tmp_path / "suite" / "001" / "plan.json").read_text())
    assert [process["label"] for process in plan["processes"]] == ["server", "client_0"]
    assert not (tmp_path / "suite" / "001" / "client_0_data.csv").exists()


def _fails(kind: Any, role: str, *, lines: tuple[str, ...] = ()) -> Answer:
    def wait_exit(role_now: str, _host: str, labels: list[str], _deadline_s: float | None) -> Any:
        failure = Failure(kind, labels[0], f"{labels[0]} failed", lines=lines)
        return failure if role_now == role else Future()

    return wait_exit


@pytest.mark.parametrize(
    ("kind", "status", "reason", "blamed"),
    [
        ("exited", Status.CRASHED, Reason.SYSTEM_UNDER_TEST, []),
        ("taken", Status.CRASHED, Reason.INFRASTRUCTURE, ["a"]),
        ("deadline", Status.OVERRAN, Reason.SYSTEM_UNDER_TEST, []),
        ("not-ready", Status.NOT_READY, Reason.SYSTEM_UNDER_TEST, []),
        ("stopped", Status.LOST, Reason.INFRASTRUCTURE, ["a"]),
        ("lost", Status.LOST, Reason.INFRASTRUCTURE, ["a"]),
    ],
)
def test_how_a_process_fails_decides_on_status_reason_and_blame(
    kind: str, status: Status, reason: Reason, blamed: list[str], tmp_path: Path
) -> None:
    machines = FakeMachines(["a"], wait_exit=_fails(kind, "client"))
    outcome = run(tmp_path, machines)
    assert (outcome.status, outcome.reason, list(outcome.blamed)) == (status, reason, blamed)
    assert outcome.detail.startswith("client_0 failed")
    assert machines.called("stop")[:2] == [("client", "a"), ("server", "a")]
    assert machines.called("unlock")


@pytest.mark.parametrize("protocol", ["mencius", "supermencius"])
def test_a_trial_that_stands_still_names_the_parameters_and_the_way_out(protocol: str, tmp_path: Path) -> None:
    """F5: from the declaration of the protocol; the smoke's own values are such that it finishes."""
    declaration = find_protocol(protocol)
    (smoke, *_), _ = find_study(declaration, "smoke").trials(declaration, {}, {}, None)
    assert list(declaration.stands_still(smoke.params)) == []
    original = {
        "leader_options.send_high_watermark_every_n": 1000,
        "leader_options.send_noop_range_if_lagging_by": 5000,
    }
    (waiting, *_), _ = find_study(declaration, "smoke").trials(declaration, {}, original, None)
    outcome = run(tmp_path, FakeMachines(["a"], wait_exit=_fails("deadline", "client")), waiting)
    assert outcome.status is Status.OVERRAN
    assert outcome.detail.startswith("client_0 failed")
    for name, value in original.items():
        assert f"{name}={value}" in outcome.detail
    assert outcome.detail.endswith("to 1")


def test_a_process_that_exits_since_its_port_is_taken_is_the_machines_fault(tmp_path: Path) -> None:
    lines = ("at java.base/sun.nio.ch.Net.bind0(Native Method)", "java.net.BindException: Address already in use")
    outcome = run(tmp_path, FakeMachines(["a"], wait_exit=_fails("exited", "server", lines=lines)))
    assert (outcome.status, outcome.reason, outcome.blamed) == (Status.CRASHED, Reason.INFRASTRUCTURE, ["a"])
    assert outcome.detail == "server failed, while clients were measuring"
    assert outcome.lines == lines[1:], "without the stack trace"
    assert [event["detail"] for event in outcome.events if event["kind"] == "fault"] == ["server failed"]


@pytest.mark.ray
@pytest.mark.parametrize("call", ["inspect", "start", "wait_exit", "read_client"])
def test_a_machine_that_is_gone_is_blamed_at_every_step(call: str, tmp_path: Path) -> None:
    machines = FakeMachines(["a"])
    machines.answers[call] = actor_gone
    outcome = run(tmp_path, machines)
    assert (outcome.status, outcome.reason, list(outcome.blamed)) == (Status.LOST, Reason.INFRASTRUCTURE, ["a"])


def test_servers_stop_at_once_when_the_clients_have_exited(tmp_path: Path) -> None:
    """The answer of the clients' agent is not waited for: it is there only when the servers have been asked."""
    stops: list[str] = []
    clients_are_gone: Future[Any] = Future()

    def stop(role: str, host: str, labels: list[str], grace_s: float) -> Any:
        stops.append(role)
        exits = machines.fake(role, host).running.stop(labels, grace_s)
        if role == "client":
            return clients_are_gone
        clients_are_gone.set_result(machines.fake("client", host).running.stop(["client_0"], grace_s))
        return exits

    machines = FakeMachines(["a"], stop=stop)
    outcome = run(tmp_path, machines)
    assert outcome.status is Status.FINISHED
    assert stops == ["client", "server"]
    assert [(end.label, end.returncode) for end in outcome.processes] == [("server", 143), ("client_0", 0)]


def test_a_trial_that_is_cancelled_is_interrupted_and_leaves_nothing(tmp_path: Path) -> None:
    cancellation = Cancellation()

    def wait_exit(*_: object) -> Future[None]:
        cancellation.cancel()
        return Future()

    machines = FakeMachines(["a"], wait_exit=wait_exit)
    outcome = run(tmp_path, machines, cancellation=cancellation)
    assert (outcome.status, outcome.reason, outcome.detail) == (Status.INTERRUPTED, Reason.USER, "interrupted")
    assert machines.called("stop")
    assert machines.called("unlock")


@pytest.mark.parametrize(
    "trouble",
    [pytest.param("an actor is gone", marks=pytest.mark.ray), "a machine is gone", "the log cannot be written"],
)
def test_all_is_stopped_that_can_be_whatever_else_is_gone(trouble: str, tmp_path: Path) -> None:
    """What is out of reach keeps no process of another role or machine running, and no other machine locked."""
    path = tmp_path / "suite" / "001"

    class Cut(FakeMachines):
        """Machines of which one is gone as soon as the clients run."""

        cut = False

        def agent(self, role: str, host: str, lane: int = 0) -> NodeAgent:
            if self.cut and host == "c":
                raise Lost("machine c has left the Ray cluster", ["c"])
            return super().agent(role, host, lane)

    def wait_exit(role: str, _host: str, labels: list[str], _deadline_s: float | None) -> Any:
        machines.cut = trouble == "a machine is gone"
        if trouble == "the log cannot be written" and not (path / "log.txt").is_dir():
            (path / "log.txt").unlink()
            (path / "log.txt").mkdir()
        return Failure("exited", labels[0], "it exited") if role == "leader" else Future()

    def stop(role: str, host: str, labels: list[str], grace_s: float) -> Any:
        if trouble == "an actor is gone" and role == "client":
            return actor_gone()
        stopped.extend(labels)
        return machines.fake(role, host).running.stop(labels, grace_s)

    stopped: list[str] = []
    machines = Cut(["a", "b", "c", "d"], wait_exit=wait_exit, stop=stop)
    outcome = run(tmp_path, machines, a_trial("multipaxos"))
    plan = json.loads((path / "plan.json").read_text())["processes"]
    missing = {"an actor is gone": ("client", ""), "a machine is gone": ("", "c")}.get(trouble, ("", ""))
    rest = [p["label"] for p in plan if p["role"] != missing[0] and p["host"] != missing[1]]
    assert sorted(stopped) == sorted(rest)
    if outcome.status is not Status.LOST:  # such an outcome does not wait for what cannot answer
        assert {end.label for end in outcome.processes if end.returncode is not None} == set(rest)
    unlocked = {host for _, host in machines.called("unlock")}
    assert unlocked == ({"a", "b", "d"} if trouble == "a machine is gone" else {"a", "b", "c", "d"})
