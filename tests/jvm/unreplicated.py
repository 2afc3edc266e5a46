"""The unreplicated server and the flags of its clients, for tests of what all mains share."""

from __future__ import annotations

from tests.jvm.processes import HOST, Processes, flags, free_port, wait_until_listening

SERVER = "frankenpaxos.unreplicated.ServerMain"
CLIENT = "frankenpaxos.unreplicated.ClientMain"


def server_flags(port: int, **changes: str) -> list[str]:
    """The words for a server."""
    values = {
        "host": HOST,
        "port": str(port),
        "log_level": "info",
        "state_machine": "Noop",
        "prometheus_host": HOST,
        "prometheus_port": "-1",
        "options.flushEveryN": "1",
    }
    return flags(values | changes)


def start_server(processes: Processes, **changes: str) -> int:
    """Start a server, and wait until it listens on the returned port."""
    port = free_port()
    wait_until_listening(port, processes.start("server", SERVER, *server_flags(port, **changes)))
    return port


def servers(port: int) -> dict[str, str]:
    """Where a client finds the server."""
    return {"server_host": HOST, "server_port": str(port)}
