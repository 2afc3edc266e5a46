"""A chain of craq on this machine, with a place where its messages can be lost."""

from __future__ import annotations

import re
import select
import socket
import threading
import urllib.request
from pathlib import Path

from tests.jvm.histories import History
from tests.jvm.processes import HOST, Processes, address, flags, free_port, wait_until, wait_until_listening
from tests.support.patience import LONG


class Cut(threading.Thread):
    """Stands between two nodes, passes everything on, and loses messages when the test wants it."""

    def __init__(self, target: int) -> None:
        super().__init__(daemon=True)
        self.target = target
        self.listener = socket.create_server((HOST, free_port()))
        self.port = self.listener.getsockname()[1]
        self.peers: dict[socket.socket, socket.socket] = {}
        self.cuts = 0
        self.wanted = 0
        self.start()

    def run(self) -> None:
        while True:
            for ready in select.select([self.listener, *self.peers], [], [], 0.02)[0]:
                if ready is self.listener:
                    near, far = ready.accept()[0], socket.create_connection((HOST, self.target))
                    self.peers |= {near: far, far: near}
                elif ready in self.peers:
                    self._pass_on(ready)

    def _pass_on(self, ready: socket.socket) -> None:
        try:
            data = ready.recv(65536)
        except OSError:
            data = b""
        if self.cuts < self.wanted or not data:
            self.cuts = self.wanted
            # What has just been read, from either side, is lost.
            for end in [ready, self.peers[ready]]:
                self.peers.pop(end).close()
        else:
            self.peers[ready].sendall(data)

    def cut(self) -> None:
        """Lose the next message, and the connection with it."""
        self.wanted += 1
        wait_until(lambda: self.cuts == self.wanted, "a message that can be lost")


class Chain:
    """The nodes of a chain; with `cut_before`, a Cut stands between that node and the one before it."""

    def __init__(self, processes: Processes, nodes: int = 3, *, cut_before: int = 0) -> None:
        self.processes = processes
        self.ports = [free_port() for _ in range(nodes)]
        self.metrics = [free_port() for _ in range(nodes)]
        self.config = self._write_config("config.pbtxt", self.ports)
        self.cut = Cut(self.ports[cut_before]) if cut_before else None
        for index in range(nodes):
            self._start(index, cut_before)
        for index, port in enumerate(self.ports):
            wait_until_listening(port, processes.by_label[f"chain_node_{index}"])

    def _start(self, index: int, cut_before: int) -> None:
        config = self.config
        if self.cut and index == cut_before - 1:
            ports = [self.cut.port if i == cut_before else port for i, port in enumerate(self.ports)]
            config = self._write_config(f"config_{index}.pbtxt", ports)
        own = {"index": str(index), "config": str(config), "log_level": "debug"}
        own |= {"prometheus_host": HOST, "prometheus_port": str(self.metrics[index])}
        self.processes.start(f"chain_node_{index}", "frankenpaxos.craq.ChainNodeMain", *flags(own))

    def _write_config(self, name: str, ports: list[int]) -> Path:
        path = self.processes.directory / name
        lines = [f"chain_node_address {address(port)}" for port in ports]
        path.write_text("\n".join([f"f: {len(ports) - 1}", *lines]))
        return path

    def history(self, **arguments: str) -> History:
        """Concurrent clients that write values which no other client writes, and read."""
        resends = {f"options.resend{what}RequestPeriod": "300ms" for what in ("Client", "Read")}
        return History(self.processes, "craq", {"config": str(self.config)}, **resends, **arguments)

    def scrape(self, index: int) -> str:
        """The metrics of a node."""
        with urllib.request.urlopen(f"http://{HOST}:{self.metrics[index]}/metrics", timeout=LONG) as answer:
            return str(answer.read().decode())

    def received(self, index: int, kind: str) -> float:
        """How many messages of a kind a node has received."""
        series = rf'^craq_chain_node_requests_total{{type="{kind}",}} (\S+)$'
        match = re.search(series, self.scrape(index), re.MULTILINE)
        return float(match[1]) if match else 0
