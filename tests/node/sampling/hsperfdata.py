"""The file of counters of a JVM, made by hand."""

from __future__ import annotations

import struct


def hsperfdata(counters: dict[str, int], order: str = "<") -> bytes:
    """With these counters, as a JVM with such an order of bytes writes them; and one that is a text."""
    entries = [_entry(order, b"java.property.java.version", b"17.0.1\0\0", b"B", 8)]
    entries += [
        _entry(order, name.encode(), struct.pack(f"{order}q", value), b"J", 0) for name, value in counters.items()
    ]
    header = b"\xca\xfe\xc0\xc0" + bytes([order == "<", 2, 0, 1])
    return header + struct.pack(f"{order}iiqii", 4096, 0, 1, 32, len(entries)) + b"".join(entries) + bytes(64)


def _entry(order: str, name: bytes, value: bytes, kind: bytes, length: int) -> bytes:
    padded = name + b"\0" + bytes(-(21 + len(name)) % 8)
    size = 20 + len(padded) + len(value)
    return struct.pack(f"{order}iiic3Bi", size, 20, length, kind, 0, 1, 1, 20 + len(padded)) + padded + value
