"""Faults and profilers are instruments: they signal and stop processes, and say which exits are expected."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fpray.plan.plan import Plan
from fpray.store.outcome import Outcome, Reason, Status
from fpray.testing.fake_machines import FakeMachines
from fpray.trial.instruments import Instrument, PlanSite, RunningTrial
from fpray.trial.shield import NO_HARM
from tests.support.faults import Faults
from tests.support.trials import a_trial, ended, run


def _run(faults: Faults, directory: Path, protocol: str = "unreplicated") -> tuple[Outcome, FakeMachines]:
    """A trial in which the fault comes when all processes are watched; its clients end when the fault is over."""
    waits: list[str] = []

    def wait_exit(role: str, host: str, labels: list[str], deadline_s: float | None) -> Any:
        waits.extend(labels)
        if len(waits) == len(machines.started()):
            faults.begin.set()
        if role != "client":
            return machines.fake(role, host).running.wait_exit(labels, deadline_s)
        return ended(faults.done)

    faults.begin.clear()
    machines = FakeMachines(["a"], wait_exit=wait_exit)
    return run(directory, machines, a_trial(protocol), instruments=[faults]), machines


def _events(outcome: Outcome, label: str) -> list[tuple[str, str]]:
    """What happened to a process, without the steps of its start."""
    return [(e["kind"], e["detail"]) for e in outcome.events if e["label"] == label and e["kind"] != "phase"]


@pytest.mark.parametrize("protocol", ["unreplicated", "multipaxos"])
def test_one_that_kills_a_server_is_seen_in_the_timeline(protocol: str, tmp_path: Path) -> None:
    label = {"multipaxos": "acceptor_0_1"}.get(protocol, "server")
    outcome, _ = _run(Faults(Faults.kill, label), tmp_path, protocol)
    assert (outcome.status, outcome.reason, outcome.notes) == (Status.FINISHED, Reason.NONE, [])
    assert outcome.blamed == ()
    assert _events(outcome, label) == [("signal", "was sent SIGKILL"), ("exit", "returned -9, as expected")]
    at = [event["detail"] for event in outcome.events]
    assert at.index("measuring") < at.index("was sent SIGKILL") < at.index("returned -9, as expected")
    assert at.index("returned -9, as expected") < at.index("collecting"), "it has the time of the exit itself"
    assert {end.label: end.returncode for end in outcome.processes}[label] == -9


def test_a_kill_that_is_not_expected_is_the_systems_failure(tmp_path: Path) -> None:
    outcome, _ = _run(Faults(Faults.kill_unexpectedly), tmp_path)
    assert (outcome.status, outcome.reason) == (Status.CRASHED, Reason.SYSTEM_UNDER_TEST)
    assert ("signal", "was sent SIGKILL") in _events(outcome, "server")
    assert ("fault", "server exited with -9") in _events(outcome, "server")


def test_one_that_suspends_and_continues_a_server_is_seen_in_the_timeline(tmp_path: Path) -> None:
    outcome, machines = _run(Faults(Faults.pause), tmp_path)
    assert (outcome.status, outcome.notes, outcome.blamed) == (Status.FINISHED, [], ())
    signals = [("signal", "was sent SIGSTOP"), ("signal", "was sent SIGCONT")]
    assert _events(outcome, "server") == [*signals, ("exit", "returned 143, stopped")]
    assert machines.fake("server", "a").running.signals == [("server", signal.SIGSTOP), ("server", signal.SIGCONT)]


@pytest.mark.parametrize(
    ("act", "status", "blamed"),
    [(Faults.stop, Status.FINISHED, []), (Faults.stop_unexpectedly, Status.LOST, ["a"])],
)
def test_a_stop_that_is_expected_neither_loses_the_trial_nor_blames_the_machine(
    act: Callable[[Faults, RunningTrial], None], status: Status, blamed: list[str], tmp_path: Path
) -> None:
    outcome, _ = _run(Faults(act), tmp_path)
    assert (outcome.status, list(outcome.blamed), outcome.notes) == (status, blamed, [])
    if status is Status.FINISHED:
        assert _events(outcome, "server") == [("exit", "returned 143, stopped, as expected")]


def test_a_process_that_is_not_there_is_a_note(tmp_path: Path) -> None:
    outcome, _ = _run(Faults(Faults.kill, "server_7"), tmp_path)
    why = "ValueError: no process of this trial is 'server_7'; there are: server, client_0"
    note = f"instrument faults: its Python method during() failed with {why} {NO_HARM}"
    assert (outcome.status, outcome.notes) == (Status.FINISHED, [note])


def test_a_signal_that_is_none_is_a_note(tmp_path: Path) -> None:
    outcome, machines = _run(Faults(lambda _, trial: trial.signal(["server"], 999)), tmp_path)
    assert outcome.status is Status.FINISHED
    assert "999 is not a valid Signals" in outcome.notes[0]
    assert not machines.called("signal")


def test_a_process_that_has_ended_gets_no_signal(tmp_path: Path) -> None:
    outcome, machines = _run(Faults(Faults.pause, "client_0"), tmp_path)
    assert (outcome.status, len(machines.called("signal"))) == (Status.FINISHED, 2)
    assert _events(outcome, "client_0") == [("exit", "returned 0")]


class _Profiler(Instrument):
    """Ends a process of its own, as a profiler does that has its data."""

    name = "profiler"

    def extend(self, plan: Plan, site: PlanSite) -> Plan:
        profiler = site.sidecar("profiler", plan.of_kind("client")[0].host, ["/bin/sleep", "1000"])
        return replace(plan, processes=(*plan.processes, profiler))

    @contextlib.contextmanager
    def during(self, trial: RunningTrial) -> Iterator[None]:
        yield
        trial.expect_exit(["profiler"])
        trial.signal(["profiler"], signal.SIGINT)


def test_a_profiler_ends_its_own_process_without_a_note(tmp_path: Path) -> None:
    outcome = run(tmp_path, FakeMachines(["a"]), instruments=[_Profiler()])
    assert (outcome.status, outcome.notes) == (Status.FINISHED, [])
    assert _events(outcome, "profiler") == [("signal", "was sent SIGINT"), ("exit", "returned -2, as expected")]
