"""Some of the roles of batchedunreplicated, one process each; the test plays the others."""

from __future__ import annotations

from tests.jvm.processes import Processes, address, flags, free_port, wait_until_listening

_PACKAGE = "frankenpaxos.batchedunreplicated"
_OPTIONS = {
    "batcher": {"index": "0", "options.batchSize": "3"},
    "server": {"state_machine": "AppendLog", "options.flushEveryN": "1"},
    "proxy_server": {"index": "0", "options.flushEveryN": "1"},
}


class Roles:
    """The processes; `others` are the ports of those roles that the test plays."""

    def __init__(self, processes: Processes, **others: int) -> None:
        self.ports = {role: others.get(role) or free_port() for role in _OPTIONS}
        config = processes.directory / "config.pbtxt"
        config.write_text("\n".join(f"{role}_address {address(port)}" for role, port in self.ports.items()))
        self.servers = {"config": str(config)}
        for role in self.ports.keys() - others.keys():
            main = "".join(word.capitalize() for word in role.split("_")) + "Main"
            common = {"config": str(config), "log_level": "info", "prometheus_port": "-1"}
            processes.start(role, f"{_PACKAGE}.{main}", *flags(common | _OPTIONS[role]))
        for role in self.ports.keys() - others.keys():
            wait_until_listening(self.ports[role], processes.by_label[role])
