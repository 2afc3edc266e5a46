"""Talks with the owner, in JSON lines over a socket, and waits for whatever happens next.

Orders:  {"op": "start", "processes": [{"key", "argv", "env", "cwd", "stdout", "stderr"}]}
         {"op": "stop", "id": n, "groups": [[key, ...], ...], "grace": seconds}
         {"op": "signal", "id": n, "keys": [key, ...], "number": n}
         {"op": "end"}
Events:  {"event": "hello", "pid"}
         {"event": "started", "key", "pid", "nice"} or {"event": "failed", "key", "errno", "at"}
         {"event": "exit", "key", "code", "utime", "stime", "maxrss_kb", "wall", "ns"}   code as in subprocess: -15
         {"event": "stopped", "id": n}                         the groups and all of their descendants are gone
         {"event": "signalled", "id": n, "keys": [key, ...]}   the signal was sent to these, which ran, and descendants
         {"event": "ending"}                                   the exits that follow are the supervisor's doing
         {"event": "error", "text"}                            the supervisor itself failed; it ends everything
The end of the socket means that no process that was started here is alive.
"""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Callable
from typing import Any


class Poller:
    """Calls a handler for each file descriptor that becomes readable."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._handlers: dict[int, Callable[[], None]] = {}

    def watch(self, fd: int, handler: Callable[[], None]) -> None:
        """Call the handler whenever fd can be read."""
        self._handlers[fd] = handler
        self._poll.register(fd, select.POLLIN)

    def forget(self, fd: int) -> None:
        """Watch it no more."""
        del self._handlers[fd]
        self._poll.unregister(fd)

    def want_to_write(self, fd: int, is_wish: bool) -> None:
        """Whether the handler is called, too, when fd can be written."""
        self._poll.modify(fd, select.POLLIN | (select.POLLOUT if is_wish else 0))

    def wait(self, timeout_ms: float | None) -> None:
        """Wait for one round of handlers; None: as long as it takes."""
        for fd, _ in self._poll.poll(timeout_ms):
            if fd in self._handlers:  # the handler before may have forgotten it
                self._handlers[fd]()


class Channel:
    """The supervisor's end of the socket. `on_order` is called with each order, `on_end` when the owner is gone."""

    def __init__(
        self,
        link: socket.socket,
        poller: Poller,
        on_order: Callable[[dict[str, Any]], None],
        on_end: Callable[[], None],
    ) -> None:
        self._link, self._poller = link, poller
        self._on_order, self._on_end = on_order, on_end
        self._incoming = self._outgoing = b""
        link.setblocking(False)
        poller.watch(link.fileno(), self._on_ready)

    def send(self, event: dict[str, Any]) -> None:
        """Queue an event; never blocks, so that an owner that does not read cannot delay the supervision."""
        self._outgoing += json.dumps(event).encode() + b"\n"
        self.flush()

    def flush(self) -> None:
        """Write what can be written at once."""
        try:
            while self._outgoing:
                self._outgoing = self._outgoing[self._link.send(self._outgoing) :]
        except BlockingIOError:
            pass
        except OSError:
            self._outgoing = b""  # nothing listens any more; the poll sees that too
        self._poller.want_to_write(self._link.fileno(), bool(self._outgoing))

    def flush_all(self, timeout_s: float) -> None:
        """Write the rest, if that takes no longer."""
        self._link.settimeout(timeout_s)
        try:
            self._link.sendall(self._outgoing)
        except OSError:
            pass

    def _on_ready(self) -> None:
        self.flush()
        try:
            data = self._link.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._on_end()
            return
        *lines, self._incoming = (self._incoming + data).split(b"\n")
        for line in lines:
            self._on_order(json.loads(line))
