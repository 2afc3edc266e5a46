"""All replicas of an EPaxos on this machine."""

from __future__ import annotations

from tests.jvm.histories import History
from tests.jvm.processes import Processes, address, flags, free_port, wait_until_listening
from tests.jvm.wire import Peer, blob, read_varints, varint

_TIMERS = {
    "options.resendPreAcceptsTimerPeriod": "100ms",
    "options.defaultToSlowPathTimerPeriod": "100ms",
    "options.resendAcceptsTimerPeriod": "100ms",
    "options.resendPreparesTimerPeriod": "100ms",
    "options.recoverInstanceTimerMinPeriod": "100ms",
    "options.recoverInstanceTimerMaxPeriod": "300ms",
}


class Replicas:
    """The processes; `absent` is the index of one that is never started."""

    def __init__(
        self,
        processes: Processes,
        *,
        f: int = 1,
        absent: int = -1,
        state_machine: str = "KeyValueStore",
        **options: str,
    ) -> None:
        self.processes = processes
        self.ports = [free_port() for _ in range(2 * f + 1)]
        config = processes.directory / "config.pbtxt"
        config.write_text("\n".join([f"f: {f}", *(f"replicaAddress {address(port)}" for port in self.ports)]))
        self.servers = {"config": str(config)}
        self.present = [i for i in range(len(self.ports)) if i != absent]
        own = {"log_level": "debug", "prometheus_port": "-1", "state_machine": state_machine} | _TIMERS
        own |= {f"options.{name}": value for name, value in options.items()}
        for i in self.present:
            words = flags(self.servers | own | {"index": str(i)})
            processes.start(f"replica_{i}", "frankenpaxos.epaxos.ReplicaMain", *words)
        for i in self.present:
            wait_until_listening(self.ports[i], processes.by_label[f"replica_{i}"])

    def history(self, **arguments: str) -> History:
        """Concurrent clients that write values which no other client writes, and read."""
        period = {"options.reproposePeriod": "300ms"}
        return History(self.processes, "epaxos", self.servers, **period, **arguments)

    def recoveries(self) -> int:
        """How often a replica began to recover an instance."""
        return sum(self.processes.output(f"replica_{i}").count(" recovers the instance ") for i in self.present)


def request(command: bytes, number: int, client: int, pseudonym: int = 0) -> bytes:
    """A ClientRequest."""
    return client.to_bytes(8, "big") + varint(pseudonym) + varint(number) + blob(command)


def result(replica: Peer, command: bytes, number: int = 0, client: int = 1) -> bytes:
    """The result of a command that is sent under a number."""
    replica.send(0, request(command, number, client))
    reply = replica.receive()
    assert reply[0] == 1
    (pseudonym, answered, _), rest = read_varints(reply[1:], 3)
    assert (pseudonym, answered) == (0, number)
    return rest


def pre_accept(columns: int, command: bytes, number: int = 0) -> bytes:
    """An instance of replica 0, which knows of nothing that conflicts but what it has led before."""
    attributes = varint(0) + varint(number) + varint(number) + varint(number) + varint(0) * (columns - 1)
    return attributes + request(command, number, 9)
