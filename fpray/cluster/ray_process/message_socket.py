"""Messages between the driver and its Ray process: pickled values over one socket.

A message is the number of its parts, their lengths, and the parts: the pickle, then the buffers of Arrow tables, which
are not copied into it (PEP 574).
"""

from __future__ import annotations

import pickle
import socket
import struct
import threading
from typing import Any

_NUMBER = struct.Struct("!Q")


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
        buffers: list[pickle.PickleBuffer] = []
        content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL, buffer_callback=buffers.append)
        parts = [memoryview(content), *(buffer.raw() for buffer in buffers)]
        with self._sending:
            self._line.sendall(b"".join(map(_NUMBER.pack, (len(parts), *map(len, parts)))))
            for part in parts:
                self._line.sendall(part)

    def receive(self) -> Any:
        """The next message.

        Raises:
            EOFError: the other end is gone.
        """
        (number,) = _NUMBER.unpack(self._exactly(_NUMBER.size))
        lengths = struct.unpack(f"!{number}Q", self._exactly(number * _NUMBER.size))
        content, *buffers = map(self._exactly, lengths)
        return pickle.loads(content, buffers=buffers)

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
