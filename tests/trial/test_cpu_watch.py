"""A machine that was busy with something else is a doubt, by what its kernel says."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fpray.node.cpu_use import CpuUse
from fpray.store.outcome import Outcome, Status
from fpray.testing.fake_machines import FakeMachines
from tests.support.trials import a_trial, clients_run_until, run

# Two cores for a second: the server and the client ran for 0.6 s each, and everything else for 0.1 s.
QUIET = CpuUse(1.0, 2, busy_s=1.3, stolen_s=0.0, pressed_s=0.2, ran_s=0.6, waited_s=0.02)
BUSY = (
    "machine a was busy with something else while the clients measured: other processes used 1.6 of its 2 cores, and"
    " the trial's processes waited for a core for 90% of the time in which they had work"
)


def _outcome(directory: Path, **uses: CpuUse | None) -> Outcome:
    """A trial with agents that read this, by role."""
    calls: list[tuple[str, Any]] = []
    both = threading.Event()

    def use(role: str, _host: str, *arguments: Any) -> CpuUse | None:
        calls.append((role, arguments))
        if len(calls) == len(uses):
            both.set()
        return uses[role]

    outcome = run(directory, FakeMachines(["a"], cpu_use=use, wait_exit=clients_run_until(both)), a_trial())
    assert outcome.status is Status.FINISHED
    assert sorted(calls) == [("client", (["client_0"], 0.05, 0.9)), ("server", (["server"], 0.05, 0.9))]
    return outcome


def _doubts(outcome: Outcome) -> list[str]:
    return [doubt for doubt in outcome.doubts if "machine a" in doubt]


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        ({}, ""),
        ({"busy_s": 2.0, "waited_s": 0.0}, ""),  # others ran, and the trial waited for nothing
        ({"waited_s": 2.0}, ""),  # the trial's own processes were in each other's way
        ({"busy_s": 2.0, "ran_s": 0.2, "waited_s": 1.8}, BUSY),
        ({"busy_s": 2.0, "ran_s": 0.2, "waited_s": None, "pressed_s": 0.8}, "waited for a core for 80% of the time"),
        ({"busy_s": 2.0, "ran_s": 0.2, "waited_s": None, "pressed_s": None}, ""),
        (
            {"stolen_s": 0.3},
            "machine a is a virtual machine, and its host took 15% of its CPU time away for others while the",
        ),
        (
            {"held_back": 0.5},
            "machine a has a limit of CPU time (cpu.max of a container), which stopped its processes in 50%",
        ),
        ({"held_back": 0.01}, ""),
        ({"suspended_s": 3600.0}, "machine a was suspended for 3600.0 s while the clients measured"),
        ({"set_s": 0.4}, "the wall clock of machine a was set forward by 0.40 s while the clients measured"),
        ({"set_s": -0.4}, "was set back by 0.40 s"),
        ({"set_s": 0.01, "suspended_s": 0.001}, ""),
        ({"busy_s": 2.0, "ran_s": 0.2, "waited_s": 1.8, "complete": False}, ""),  # what a dead process used is unknown
    ],
)
def test_the_kernels_evidence_decides_on_a_doubt(change: dict[str, Any], doubt: str, tmp_path: Path) -> None:
    """K1: run-queue delay (or pressure, where it is not counted) together with CPU time of others; and steal."""
    use = replace(QUIET, **change)
    doubts = _doubts(_outcome(tmp_path, server=use, client=use))
    assert len(doubts) == (1 if doubt else 0), doubts
    assert doubt in "".join(doubts)


def test_where_an_agent_has_read_nothing_there_is_no_evidence(tmp_path: Path) -> None:
    use = replace(QUIET, busy_s=2.0, ran_s=0.2, waited_s=1.8)
    assert _doubts(_outcome(tmp_path, server=use, client=None)) == []


def test_a_trial_too_short_for_the_kernels_counters_is_not_watched(tmp_path: Path) -> None:
    machines = FakeMachines(["a"])
    run(tmp_path, machines, a_trial(duration=timedelta(seconds=0.3)))
    assert not machines.called("cpu_use")


def test_a_client_that_uses_its_core_is_doubted_and_a_server_is_not(tmp_path: Path) -> None:
    client = replace(QUIET, ran_by_label={"client_0": 0.97})
    outcome = _outcome(tmp_path, server=replace(QUIET, ran_by_label={"server": 1.5}), client=client)
    doubts = [doubt for doubt in outcome.doubts if "of a core" in doubt]
    assert len(doubts) == 1
    assert doubts[0].startswith("client_0 used 97% of a core. A client serves all of its loops with one thread")


@pytest.mark.parametrize("apart_s", [0.0, 0.05])
def test_clocks_of_machines_with_clients_are_compared(apart_s: float, tmp_path: Path) -> None:
    both = threading.Event()
    calls: list[str] = []

    def use(_role: str, host: str, *_: Any) -> CpuUse:
        calls.append(host)
        if len(calls) == 3:
            both.set()
        return QUIET

    machines = FakeMachines(
        ["a", "b"],
        cpu_use=use,
        wall_clock=lambda _role, host: time.time() + (apart_s if host == "b" else 0.0),
        wait_exit=clients_run_until(both),
    )
    outcome = run(tmp_path, machines, a_trial(num_client_procs=2))
    doubts = [doubt for doubt in outcome.doubts if "ahead of" in doubt]
    assert len(doubts) == (1 if apart_s else 0), outcome
    assert "the wall clock of machine b is " in "".join(doubts) or not apart_s
    assert len(machines.called("wall_clock")) == 10, "five questions for each"
