"""epaxos: what concurrent clients see is linearizable, and stays so when replicas die or stand still."""

from __future__ import annotations

import pytest

from tests.jvm.epaxos.replicas import Replicas
from tests.jvm.histories import now
from tests.jvm.processes import Processes

pytestmark = pytest.mark.jvm


@pytest.mark.parametrize("thrifty", ["NotThrifty", "Random", "Closest"])
def test_concurrent_clients_see_one_order(processes: Processes, thrifty: str) -> None:
    history = Replicas(processes, thriftySystem=thrifty).history(num_clients="10")
    history.wait_for(500)
    history.finish()


@pytest.mark.parametrize("f", [1, 2])
def test_a_killed_replica_does_no_harm_and_the_others_go_on(processes: Processes, f: int) -> None:
    history = Replicas(processes, f=f).history()
    history.wait_for(100)
    processes.by_label["replica_0"].kill()
    history.wait_for(200)
    history.finish()


def test_replicas_that_stop_and_wake_up_do_no_harm(processes: Processes) -> None:
    # A replica that wakes up goes on with instances that others have recovered meanwhile, some with no command in them.
    replicas = Replicas(processes, f=2, thriftySystem="Random")
    history = replicas.history()
    history.wait_for(100)
    for i in (0, 1, 2):
        processes.stop(f"replica_{i}")
        history.wait_for(100)
        awake = now()
        processes.wake(f"replica_{i}")
        history.wait_for(100, since=awake)
    history.finish()
