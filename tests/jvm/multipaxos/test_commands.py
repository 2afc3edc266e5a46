"""multipaxos: commands byte for byte: each is executed once, and a replica that starts late gets them all."""

from __future__ import annotations

import socket

import pytest

from tests.jvm.multipaxos.cluster import Cluster
from tests.jvm.processes import HOST, Processes, wait_until
from tests.jvm.wire import Silent, frame, ip_address, read_varints, varint

pytestmark = pytest.mark.jvm
# These clients send to leader 0 only, and nothing again, so it must lead however busy the machine is.
OPTIONS = {
    "replica": {
        "state_machine": "AppendLog",
        **{f"options.recoverLogEntry{bound}Period": "600s" for bound in ("Min", "Max")},  # nothing is lost here
    },
    "leader": {f"options.election.noPingTimeout{bound}": "600s" for bound in ("Min", "Max")},
}


class AppendClient(Silent):
    """A client of an AppendLog that sends what it likes: the replies say how often a command was executed."""

    def request(self, number: int) -> bytes:
        """A command of one byte, with the number of its request."""
        return frame(0, varint(ip_address(self.port)) + varint(3) + varint(number) + varint(1) + b"x")

    def replies(self, at_least: int) -> list[tuple[int, int]]:
        """Of every ClientReply the number of the request, and the index that it got in the log."""
        replies = [read_varints(reply[1:], 4) for reply in self.wait_for(at_least)]
        return sorted((number, int(result)) for (_, number, _, _), result in replies)


def test_a_command_that_comes_twice_is_executed_once(processes: Processes) -> None:
    cluster = Cluster(processes, options=OPTIONS)
    client = AppendClient()
    with socket.create_connection((HOST, cluster.ports["leader"][0])) as leader:
        for count, number in enumerate((1, 1, 2, 2, 2, 3), 1):
            leader.sendall(client.request(number))
            client.wait_for(count)
        # The same at once: the second one arrives before the first one has been executed.
        leader.sendall(client.request(4) * 2)
        assert client.replies(8) == [(1, 0)] * 2 + [(2, 1)] * 3 + [(3, 2)] + [(4, 3)] * 2


def test_a_replica_that_comes_late_gets_what_it_missed(processes: Processes) -> None:
    cluster = Cluster(processes, options=OPTIONS, later="replica_1")
    client = AppendClient()
    many = 30_000  # more than replicas keep for others: the late one gets a whole state
    with socket.create_connection((HOST, cluster.ports["leader"][0])) as leader:
        for begin in range(0, many, 1000):
            leader.sendall(b"".join(client.request(n) for n in range(begin, begin + 1000)))
        # The slots of replica_0 are the even ones.
        assert client.replies(many // 2) == [(n, n) for n in range(0, many, 2)]
        cluster.start("replica_1")
        wait_until(lambda: "with the state of another replica" in processes.output("replica_1"), "a whole state")
        leader.sendall(b"".join(client.request(n) for n in range(many, many + 10)))
        assert client.replies(many // 2 + 10)[-10:] == [(n, n) for n in range(many, many + 10)]
