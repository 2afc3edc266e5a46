"""Messages of the reference jar byte for byte, and the test's own ends of a connection."""

from __future__ import annotations

import select
import socket
import threading

from tests.jvm.processes import HOST, free_port, wait_until
from tests.support.patience import LONG


def varint(value: int) -> bytes:
    """An unsigned LEB128 number."""
    encoded = b""
    while value > 0x7F:
        encoded += bytes([value & 0x7F | 0x80])
        value >>= 7
    return encoded + bytes([value])


def read_varints(data: bytes, count: int) -> tuple[list[int], bytes]:
    """The first numbers of a message, and the rest."""
    values = []
    for _ in range(count):
        value = shift = 0
        while data[0] & 0x80:
            value |= (data[0] & 0x7F) << shift
            shift += 7
            data = data[1:]
        values.append(value | data[0] << shift)
        data = data[1:]
    return values, data


def blob(content: bytes) -> bytes:
    """A length and bytes."""
    return varint(len(content)) + content


def frame(kind: int, content: bytes) -> bytes:
    """A message as it goes through a connection."""
    return (len(content) + 1).to_bytes(4, "big") + bytes([kind]) + content


def ip_address(port: int) -> int:
    """An address of this machine, as clients send theirs."""
    return 0x7F000001 << 16 | port


def put(key: bytes, value: bytes) -> bytes:
    """A KeyValueStore's command that sets one key."""
    return b"\2\1" + blob(key) + blob(value)


def get(key: bytes) -> bytes:
    """A KeyValueStore's command that gets one key."""
    return b"\1\1" + blob(key)


class Silent(threading.Thread):
    """A server that takes frames and never answers; each frame is its type and content."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server((HOST, free_port()))
        self.port = self.listener.getsockname()[1]
        self.frames: list[bytes] = []
        self.start()

    def run(self) -> None:
        buffers: dict[socket.socket, bytes] = {}
        while True:
            for ready in select.select([self.listener, *buffers], [], [])[0]:
                if ready is self.listener:
                    buffers[ready.accept()[0]] = b""
                elif data := ready.recv(65536):
                    buffers[ready] = self._take(buffers[ready] + data)
                else:
                    del buffers[ready]

    def _take(self, data: bytes) -> bytes:
        while len(data) >= 4 and len(data) >= 4 + (length := int.from_bytes(data[:4], "big")):
            self.frames.append(data[4 : 4 + length])
            data = data[4 + length :]
        return data

    def wait_for(self, count: int) -> list[bytes]:
        """All frames, once there are at least so many."""
        wait_until(lambda: len(self.frames) >= count, f"{count} messages, not {len(self.frames)}")
        return list(self.frames)


class Peer:
    """A connection on which the test sends what it likes, and receives replies."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), timeout=LONG)

    def send(self, kind: int, content: bytes) -> None:
        """Send one message."""
        self.socket.sendall(frame(kind, content))

    def receive(self) -> bytes:
        """The next message: its type and content."""
        return self._exactly(int.from_bytes(self._exactly(4), "big"))

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            assert more, "the process has closed the connection"
            data += more
        return data
