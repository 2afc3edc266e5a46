"""craq: what concurrent clients see is linearizable, and stays so when nodes stand still and messages are lost."""

from __future__ import annotations

import socket

import pytest

from tests.jvm.craq.chain import Chain
from tests.jvm.histories import now
from tests.jvm.processes import HOST, Processes, wait_until
from tests.jvm.wire import Peer, Silent, blob, frame, get, ip_address, put, read_varints, varint

pytestmark = pytest.mark.jvm


@pytest.mark.parametrize("batch", ["1", "3"])
def test_clean_and_dirty_reads_at_every_node_are_linearizable(processes: Processes, batch: str) -> None:
    chain = Chain(processes)
    pause = "0ms" if batch == "1" else "1ms"
    history = chain.history(num_clients="12", num_keys="2", pause=pause, **{"options.batchSize": batch})

    history.wait_for(500)
    history.finish()
    reads = [chain.received(index, "Read") for index in range(3)]
    assert min(reads) > 10
    # The tail was asked for versions, so copies were dirty; on a busy machine all may be, for each read of a batch.
    assert 0 < chain.received(2, "VersionRequest") <= sum(reads) * int(batch)
    assert 'craq_chain_node_requests_latency_count{type="Read",}' in chain.scrape(0)


def test_a_node_that_stands_still_for_a_while_holds_up_but_breaks_nothing(processes: Processes) -> None:
    history = Chain(processes).history()
    for stopped, before in (("chain_node_1", "chain_node_0"), ("chain_node_2", "chain_node_1")):
        history.wait_for(100)
        resends = processes.output(before).count(" on again.")
        processes.stop(stopped)
        wait_until(lambda: processes.output(before).count(" on again.") > resends, f"{before} sends again")  # noqa: B023
        awake = now()
        processes.wake(stopped)
        history.wait_for(100, "set", since=awake)
    history.finish()


@pytest.mark.parametrize("before", [1, 2])
def test_what_a_broken_connection_of_the_chain_loses_comes_again(processes: Processes, before: int) -> None:
    chain = Chain(processes, cut_before=before)
    history = chain.history(num_clients="12")
    assert chain.cut
    for _ in range(8):
        history.wait_for(20, "set")
        chain.cut.cut()
    history.wait_for(20, "set")
    history.finish()


def test_a_chain_of_one_node_is_its_own_head_and_tail(processes: Processes) -> None:
    history = Chain(processes, nodes=1).history()
    history.wait_for(300)
    history.finish()


def test_a_write_that_comes_twice_is_executed_once(processes: Processes) -> None:
    chain = Chain(processes)
    client = Silent()

    def write(pseudonym: int, value: bytes) -> bytes:
        return varint(ip_address(client.port)) + varint(pseudonym) + varint(7) + blob(put(b"k", value))

    head = Peer(chain.ports[0])
    for number, pseudonym in enumerate((0, 1)):
        head.send(0, write(pseudonym, b"ab"[pseudonym : pseudonym + 1]))
        assert len(client.wait_for(number + 1)) == number + 1
    wait_until(lambda: chain.received(0, "Ack") >= 1, "the head knows that the first command is executed")
    head.send(0, write(0, b"a"))
    # The head itself answers what was executed before, where it came from.
    assert read_varints(head.receive()[1:], 2)[0] == [0, 7]
    head.send(4, varint(3) + varint(9) + blob(get(b"k")))
    assert read_varints(head.receive()[1:], 2) == ([3, 9], blob(bytes([1, 1, 1]) + blob(b"b")))
    assert [read_varints(reply[1:], 2)[0] for reply in client.frames] == [[0, 7], [1, 7]]


def test_a_write_that_comes_twice_at_once_goes_down_the_chain_once(processes: Processes) -> None:
    chain = Chain(processes)
    client = Silent()
    same = frame(0, varint(ip_address(client.port)) + varint(0) + varint(7) + blob(put(b"k", b"a")))
    last = frame(0, varint(ip_address(client.port)) + varint(1) + varint(7) + blob(put(b"k", b"b")))
    with socket.create_connection((HOST, chain.ports[0])) as head:
        head.sendall(same + same + last)
        assert [read_varints(reply[1:], 2)[0] for reply in client.wait_for(2)] == [[0, 7], [1, 7]]
