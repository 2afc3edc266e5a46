"""The owner's end of a supervisor: starts it, sends it orders, and hands on its events."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fpray.errors import Lost
from fpray.node import supervisor

_START_DEADLINE_S = 60.0  # it starts in 0.03 s, but perhaps on a machine on which fourteen JVMs start just now
_FOLDER = str(Path(supervisor.__file__).parent)


def owner_of(words: Sequence[bytes]) -> int | None:
    """The process id of the actor that started a supervisor, by the supervisor's command line; None: it is none."""
    try:
        return int(words[words.index(os.fsencode(_FOLDER)) + 2])
    except (ValueError, IndexError):
        return None


class SupervisorClient:
    """One supervisor process and the thread that reads its events.

    driver: the driver's id, for the marks of its processes.
    head: a file descriptor that becomes readable when the cluster's head is gone; the supervisor gets its own copy.
    on_event is called with each event, on_end once, when the supervisor is gone; both on the reader's thread.
    Raises `Lost` if the supervisor does not come up (the raylet is gone already, for one).
    """

    def __init__(
        self,
        driver: str,
        raylet_pid: int | None,
        on_event: Callable[[dict[str, Any]], None],
        on_end: Callable[[], None],
        head: int | None = None,
    ) -> None:
        self._on_event, self._on_end = on_event, on_end
        self._sending = threading.Lock()
        self._hello = threading.Event()
        self.pid = 0  # of the supervisor; 0 if it never came up
        self.error = ""  # what the supervisor reported before it failed
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._spawn(theirs.fileno(), driver, raylet_pid or 0, head)
        self._reader = threading.Thread(target=self._read, name="fpray-supervisor", daemon=True)
        self._reader.start()
        if not self._hello.wait(_START_DEADLINE_S) or not self.pid:
            self.close(0)
            raise Lost(
                "fpray's supervisor, which starts and stops processes, did not start on this machine:"
                f" {self.error or 'it sent no message'}. Run free to see whether this machine has"
                " free memory, and ulimit -u to see how many processes you may start on it"
            )

    def _spawn(self, fd: int, driver: str, raylet_pid: int, head: int | None) -> None:
        words = [sys.executable, "-I", "-S", _FOLDER, str(fd), str(os.getpid()), str(raylet_pid), driver]
        words += [] if head is None else [str(head)]
        # No inherited output: a supervisor that holds its owner's pipes open would keep their readers waiting. Nor any
        # environment: with the marks of an outer fpray this supervisor would count as one of its processes.
        first = subprocess.Popen(
            words,
            pass_fds=(fd,) if head is None else (fd, head),
            env={name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        first.wait()  # it ends as soon as it has forked the supervisor

    def send(self, *orders: dict[str, Any]) -> None:
        """Send orders, all at once; if the supervisor is gone, on_end says so."""
        data = b"".join(json.dumps(order).encode() + b"\n" for order in orders)
        with self._sending:
            try:
                self._socket.sendall(data)
            except OSError:
                pass

    def close(self, deadline_s: float) -> bool:
        """End the supervisor and all of its processes; False if that took longer than the deadline (seconds)."""
        self.send({"op": "end"})
        self._reader.join(deadline_s)
        is_closed = not self._reader.is_alive()
        self._shut()
        self._reader.join(1)
        return is_closed

    def _shut(self) -> None:
        with self._sending:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _read(self) -> None:
        rest = b""
        try:
            while data := self._socket.recv(1 << 16):
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._take(json.loads(line))
        except OSError:
            pass
        finally:
            self._hello.set()
            self._on_end()
            self._socket.close()

    def _take(self, event: dict[str, Any]) -> None:
        if event["event"] == "hello":
            self.pid = event["pid"]
            self._hello.set()
        elif event["event"] == "error":
            self.error = event["text"]
        else:
            self._on_event(event)
