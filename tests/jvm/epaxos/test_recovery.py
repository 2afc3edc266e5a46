"""epaxos: instances and commands byte for byte: what a dead leader has left, and what comes twice."""

from __future__ import annotations

import time

import pytest

from tests.jvm.epaxos.replicas import Replicas, pre_accept, request, result
from tests.jvm.processes import Processes
from tests.jvm.wire import Peer, get, put

pytestmark = pytest.mark.jvm


@pytest.mark.parametrize("f", [1, 2])
def test_what_a_dead_leader_may_have_decided_is_kept(processes: Processes, f: int) -> None:
    # Replica 0 is dead. As many have pre-accepted its command unchanged as make a fast quorum with it.
    replicas = Replicas(processes, f=f, absent=0)
    for port in replicas.ports[1 : f + 1]:
        dead = Peer(port)
        dead.send(2, pre_accept(2 * f + 1, put(b"k", b"dead")))
        assert dead.receive()[0] == 3
    assert result(Peer(replicas.ports[1]), get(b"k")) == b"\1\1\1\4dead"
    assert replicas.recoveries() > 0


@pytest.mark.parametrize("f", [1, 2])
def test_what_a_dead_leader_cannot_have_decided_is_given_up(processes: Processes, f: int) -> None:
    replicas = Replicas(processes, f=f, absent=0)
    alive = Peer(replicas.ports[1])
    result(alive, put(b"k", b"alive"))
    # A replica that pre-accepts the command of the dead one now adds a dependency: that rules out the fast path.
    dead = Peer(replicas.ports[1])
    dead.send(2, pre_accept(2 * f + 1, put(b"k", b"dead")))
    assert dead.receive()[0] == 3
    assert result(alive, get(b"k"), 1) == b"\1\1\1\5alive"
    assert replicas.recoveries() > 0


def test_all_that_a_dead_leader_has_left_is_recovered_together(processes: Processes) -> None:
    replicas = Replicas(processes, absent=0)
    dead, many = Peer(replicas.ports[1]), 500
    for number in range(many):
        dead.send(2, pre_accept(3, put(b"k", b"%04d" % number), number))
        assert dead.receive()[0] == 3
    start = time.monotonic()
    assert result(Peer(replicas.ports[2]), get(b"k")) == b"\1\1\1\4%04d" % (many - 1)
    # One after the other, each after its time, would be 0.1 s for each at least.
    assert time.monotonic() - start < 0.1 * many


def test_a_command_that_comes_twice_is_executed_once(processes: Processes) -> None:
    replicas = Replicas(processes, state_machine="AppendLog")
    peers = [Peer(port) for port in replicas.ports]
    assert [result(peer, b"x", 0) for peer in (peers[0], peers[0], peers[1], peers[2])] == [b"0"] * 4
    assert [result(peer, b"x", 1) for peer in (peers[2], peers[0])] == [b"1"] * 2
    # The same number of another client is another command.
    assert result(peers[1], b"x", 0, client=2) == b"2"


def test_memory_does_not_grow_with_the_commands_while_a_replica_is_dead(processes: Processes) -> None:
    # What the dead one lacks is kept for it, but only as far as memory allows: 160 MB, in heaps of 100 MB.
    replicas = Replicas(processes, absent=0, state_machine="Noop")
    peer = Peer(replicas.ports[1])
    for number in range(40):
        for pseudonym in range(1_000):
            peer.send(0, request(bytes(4_000), number, 1, pseudonym))
        for _ in range(1_000):
            assert peer.receive()[0] == 1
    assert all(process.poll() is None for process in processes.by_label.values())
