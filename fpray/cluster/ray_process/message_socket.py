"""Messages between the driver and its Ray process: pickled values, each after its length, over one socket."""

from __future__ import annotations

import pickle
import socket
import struct
import threading
from typing import Any

_LENGTH = struct.Struct("!Q")


class MessageSocket:
    """One end. Any thread may send; one thread receives. Both ends are processes of the same driver."""

    def __init__(self, line: socket.socket) -> None:
        self._line, self._sending = line, threading.Lock()

    def send(self, message: Any) -> None:
        """Send a message.

        Raises:
            OSError: the other end is gone.
            Exception: what pickle raises for a value that it cannot write; nothing was sent then.
        """
        content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        with self._sending:
            self._line.sendall(_LENGTH.pack(len(content)))
            self._line.sendall(content)

    def receive(self) -> Any:
        """The next message.

        Raises:
            EOFError: the other end is gone.
        """
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size))
        return pickle.loads(self._exactly(length))

    def _exactly(self, count: int) -> bytearray:
        content = bytearray(count)
        view, begin = memoryview(content), 0
        while begin < count:
            try:
                got = self._line.recv_into(view[begin:])
            except OSError:
                got = 0
            if not got:
                raise EOFError
            begin += got
        return content

    def close(self) -> None:
        """Close this end: the other one sees that it is gone, and so does a thread that receives here."""
        try:
            self._line.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._line.close()
