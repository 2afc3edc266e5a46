"""batchedunreplicated: what its roles do with batches, byte for byte."""

from __future__ import annotations

import socket

import pytest

from tests.jvm.batchedunreplicated.roles import Roles
from tests.jvm.processes import HOST, Processes
from tests.jvm.wire import Silent, blob, frame, ip_address, read_varints, varint

pytestmark = pytest.mark.jvm


def request(client: int, number: int, command: bytes) -> bytes:
    """A ClientRequest of session 0, as a frame."""
    return frame(0, varint(ip_address(client)) + varint(0) + varint(number) + blob(command))


def test_a_batcher_waits_for_a_full_batch(processes: Processes) -> None:
    silent = Silent()
    roles = Roles(processes, server=silent.port, proxy_server=1)
    requests = [request(9, number, b"x") for number in range(7)]
    bodies = [request[5:] for request in requests]
    with socket.create_connection((HOST, roles.ports["batcher"])) as batcher:
        batcher.sendall(b"".join(requests))
        # The batches are the requests as they came; the seventh waits for two more.
        full = [b"\1" + b"".join(bodies[0:3]), b"\1" + b"".join(bodies[3:6])]
        assert silent.wait_for(2) == full
        batcher.sendall(requests[0] + requests[1])
        # Had the seventh not waited, the third batch would have nothing else.
        assert silent.wait_for(3) == [*full, b"\1" + bodies[6] + bodies[0] + bodies[1]]


def test_every_request_of_a_batch_is_executed_once_and_answered_to_its_client(processes: Processes) -> None:
    one, other = Silent(), Silent()
    roles = Roles(processes)
    with socket.create_connection((HOST, roles.ports["batcher"])) as batcher:
        for number in range(6):
            batcher.sendall(request((one, other)[number % 2].port, number, b"entry"))
        for client, expected in ((one, [0, 2, 4]), (other, [1, 3, 5])):
            replies = [read_varints(reply[1:], 3) for reply in client.wait_for(3)]
            # Results of an AppendLog are its indices: each was appended once, in the order of the batcher.
            assert [(number, int(result)) for (_, number, _), result in replies] == [(n, n) for n in expected]
