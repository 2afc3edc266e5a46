"""A multipaxos cluster of f = 1 on this machine, all processes started at once."""

from __future__ import annotations

import re
from pathlib import Path

from tests.jvm.histories import History
from tests.jvm.processes import Processes, address, flags, free_port, wait_until_listening

PACKAGE = "frankenpaxos.multipaxos"
_MAINS = {
    "acceptor": "AcceptorMain",
    "batcher": "BatcherMain",
    "read_batcher": "ReadBatcherMain",
    "proxy_leader": "ProxyLeaderMain",
    "replica": "ReplicaMain",
    "proxy_replica": "ProxyReplicaMain",
    "leader": "LeaderMain",
}
# Short timeouts, so that a dead leader is soon replaced. An election without need does no harm.
_OPTIONS = {
    "leader": {
        "options.resendPhase1asPeriod": "60s",
        "options.election.pingPeriod": "0.2s",
        "options.election.noPingTimeoutMin": "0.6s",
        "options.election.noPingTimeoutMax": "1s",
    },
    "replica": {
        "state_machine": "KeyValueStore",
        "options.sendChosenWatermarkEveryNEntries": "100",
        "options.recoverLogEntryMinPeriod": "1s",
        "options.recoverLogEntryMaxPeriod": "2s",
    },
}
_RESENDS = {f"options.resend{what}Period": "1s" for what in ("ClientRequest", "MaxSlotRequests", "ReadRequest")}


def config(**changes: object) -> str:
    """A config file; no process listens at its addresses. `changes` replaces whole fields."""

    def addresses(n: int) -> list[str]:
        return [address(free_port()) for _ in range(n)]

    fields: dict[str, object] = {
        "f": 1,
        "leader_address": addresses(2),
        "leader_election_address": addresses(2),
        "proxy_leader_address": addresses(2),
        "acceptor_address": [acceptor_group([free_port() for _ in range(3)])],
        "replica_address": addresses(2),
        "flexible": "false",
        "distribution_scheme": "HASH",
    } | changes
    lines = []
    for name, value in fields.items():
        lines += [f"{name} {v}" for v in value] if isinstance(value, list) else [f"{name}: {value}"]
    return "\n".join(lines) + "\n"


def acceptor_group(ports: list[int]) -> str:
    """A group of acceptors in a config file."""
    return "{ " + " ".join(f"acceptor_address {address(port)}" for port in ports) + " }"


class Cluster:
    """The processes of a cluster; one that is named by `later` starts when the test says so."""

    def __init__(
        self,
        processes: Processes,
        *,
        counts: dict[str, int] | None = None,
        acceptors: tuple[int, int] = (1, 3),
        flexible: bool = False,
        options: dict[str, dict[str, str]] | None = None,
        later: str = "",
    ) -> None:
        self.processes = processes
        number = {"leader": 2, "leader_election": 2, "proxy_leader": 2, "replica": 2} | (counts or {})
        self.ports = {role: [free_port() for _ in range(n)] for role, n in number.items()}
        self.groups = [[free_port() for _ in range(acceptors[1])] for _ in range(acceptors[0])]
        self.config = self._write_config(flexible)
        self.later: dict[str, list[str]] = {}
        for role in _MAINS:
            arguments = _OPTIONS.get(role, {}) | (options or {}).get(role, {})
            for place in self._places(role):
                self.later["_".join([role, *place.values()])] = self._command(role, place | arguments)
        for label in [label for label in self.later if label != later]:
            self.start(label)
        absent = self.ports["replica"][1:] if later else []
        for port in [p for group in (*self.ports.values(), *self.groups) for p in group if p not in absent]:
            wait_until_listening(port)

    def _write_config(self, flexible: bool) -> Path:
        fields = {f"{role}_address": [address(port) for port in ports] for role, ports in self.ports.items()}
        groups = [acceptor_group(ports) for ports in self.groups]
        path = self.processes.directory / "config.pbtxt"
        path.write_text(config(**fields, acceptor_address=groups, flexible=str(flexible).lower()))
        return path

    def _places(self, role: str) -> list[dict[str, str]]:
        if role == "acceptor":
            groups = enumerate(self.groups)
            return [{"group_index": str(g), "index": str(i)} for g, ports in groups for i in range(len(ports))]
        return [{"index": str(i)} for i in range(len(self.ports.get(role, [])))]

    def _command(self, role: str, own: dict[str, str]) -> list[str]:
        common = {"config": str(self.config), "log_level": "info", "prometheus_port": "-1"}
        return [f"{PACKAGE}.{_MAINS[role]}", *flags(common | own)]

    def start(self, label: str) -> None:
        """Start a process for the first time."""
        self.processes.start(label, *self.later.pop(label))

    def leading(self) -> str:
        """The leader with the highest round: its label."""
        leads = re.compile(r"leads in round (\d+) from slot")
        rounds = {label: leads.findall(self.processes.output(label)) for label in ("leader_0", "leader_1")}
        return max(rounds, key=lambda label: max(map(int, rounds[label]), default=0))

    def step_downs(self, label: str) -> int:
        """How often a leader has learned that another one leads."""
        return self.processes.output(label).count(f"{label.replace('_', ' ')} steps down")

    def history(self, **arguments: str) -> History:
        """Concurrent clients that write values which no other client writes, and read."""
        return History(self.processes, "multipaxos", {"config": str(self.config)}, **_RESENDS, **arguments)
