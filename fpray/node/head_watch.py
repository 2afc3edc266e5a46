"""How a machine learns that the head of its Ray cluster is gone: the kernel reports it, without any polling.

On the head's machine a supervisor watches the head's process. Everywhere else it holds a TCP connection to an `Anchor`
there, over which nothing is ever sent: it ends with the head, and the kernel's keepalive ends it when the head is out
of reach. Ray itself takes a minute to see that.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
import time

from fpray.node.ports import listeners
from fpray.node.priority import use_batch_scheduling
from fpray.node.supervisor.procfs import namespace, pids, read_words, user_of

# A machine that is cut off knows within KEEPALIVE_S + PROBES * PROBE_S seconds: 20.
KEEPALIVE_S, PROBE_S, PROBES = 8, 4, 3
_CONNECT_S = 5.0
_BUSY_S = 1.0


class Anchor:
    """A Ray actor on the head's machine; connections to it last as long as itself, its driver and the head."""

    def __init__(self) -> None:
        use_batch_scheduling()
        import ray
        import ray.util

        self._listener = socket.create_server((ray.util.get_node_ip_address(), 0), backlog=1024)
        self._head = head_here(ray.get_runtime_context().gcs_address)
        threading.Thread(target=self._hold, name="fpray-anchor", daemon=True).start()

    def address(self) -> str:
        """HOST:PORT, for `watch_head`."""
        host, port = self._listener.getsockname()[:2]
        return f"{host}:{port}"

    def _hold(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            if self._head is not None:
                selector.register(self._head, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._listener:
                        self._accept(selector)
                    elif key.fileobj == self._head:
                        os._exit(1)  # and with it every line
                    elif isinstance(key.fileobj, socket.socket):  # nothing is ever sent: its supervisor has ended
                        selector.unregister(key.fileobj)
                        key.fileobj.close()

    def _accept(self, selector: selectors.BaseSelector) -> None:
        """Hold one more line. Any program may connect, so this must not end the lines that there are."""
        try:
            line, _ = self._listener.accept()
            _keep_alive(line)  # a machine that vanishes must not leave its line open for ever
            selector.register(line, selectors.EVENT_READ)
        except OSError:  # no file descriptor is left
            time.sleep(_BUSY_S)


def watch_head(gcs_address: str, anchor: str | None) -> int | None:
    """A file descriptor that becomes readable when the head is gone or out of reach; None if there can be none.

    gcs_address: HOST:PORT of the head; anchor: that of an `Anchor`, None on the head's own machine.
    """
    if anchor is None:
        return head_here(gcs_address)
    host, _, port = anchor.rpartition(":")
    try:
        line = socket.create_connection((host, int(port)), timeout=_CONNECT_S)
        line.settimeout(None)
        _keep_alive(line)
    except OSError:
        return None
    return line.detach()


def _keep_alive(line: socket.socket) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_S)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_S)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES)


def head_here(gcs_address: str) -> int | None:
    """A pidfd of the head's process, the `gcs_server` of that port on this machine; None if it is elsewhere."""
    port = gcs_address.rpartition(":")[2]
    flag = f"--gcs_server_port={port}".encode()
    users = {listener.uid for listener in listeners() if str(listener.port) == port}  # its words prove nothing
    for pid in pids():
        words = read_words(pid)
        if flag not in words or not words[0].endswith(b"gcs_server") or user_of(pid) not in users:
            continue
        if namespace(pid, "net") == namespace("self", "net"):
            with contextlib.suppress(OSError):  # it has just ended
                return os.pidfd_open(pid)
    return None
