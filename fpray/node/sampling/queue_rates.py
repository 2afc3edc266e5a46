"""Rates to which `tc` limits what links send: asked of the kernel by rtnetlink, without a process.

Sources: rtnetlink(7), and linux/pkt_sched.h: tc_tbf_qopt and TCA_TBF_RATE64, tc_netem_qopt, tc_netem_rate and
TCA_NETEM_RATE64. Rates there are in bytes per second.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

_HEADER, _TC, _ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("=BxxxiIII"), struct.Struct("=HH")
_U32, _U64 = struct.Struct("=I"), struct.Struct("=Q")
_GET_QDISC, _NEW_QDISC, _ERROR, _DONE = 38, 36, 2, 3
_REQUEST, _DUMP = 1, 0x300
_KIND, _OPTIONS, _NESTED = 1, 2, 0x8000
_NETEM_BYTES, _NETEM_RATE, _NETEM_RATE64 = 24, 6, 8
_TBF_PARMS, _TBF_RATE_AT, _TBF_RATE64 = 1, 8, 4
_TIMEOUT_S, _MOST_MESSAGES, _BYTES = 0.2, 100, 1 << 16


def queue_rates() -> dict[int, float]:
    """Index of a link -> bytes per second that its queue lets through; without links that have no such limit."""
    rates: dict[int, float] = {}
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as kernel:
            kernel.settimeout(_TIMEOUT_S)
            size = _HEADER.size + _TC.size
            kernel.send(_HEADER.pack(size, _GET_QDISC, _REQUEST | _DUMP, 1, 0) + _TC.pack(0, 0, 0, 0, 0))
            for _ in range(_MOST_MESSAGES):
                if _add_rates(kernel.recv(_BYTES), rates):
                    break
    except OSError:
        pass
    return rates


def _add_rates(data: bytes, rates: dict[int, float]) -> bool:
    """Add the rates of a piece of the kernel's answer; whether it is the last piece."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, *_ = _HEADER.unpack_from(data, at)
        if kind in (_DONE, _ERROR) or length < _HEADER.size:
            return True
        body = data[at + _HEADER.size : at + length]
        if kind == _NEW_QDISC and len(body) >= _TC.size:
            link, rate = _TC.unpack_from(body)[1], rate_of(body[_TC.size :])
            if rate is not None:
                rates[link] = min(rate, rates.get(link, rate))
        at += _padded(length)
    return not data


def rate_of(attributes: bytes) -> float | None:
    """The rate of a queue, by its attributes; None if it has none, or is of another kind. Nothing is raised."""
    by_kind = dict(_attributes(attributes))
    options = by_kind.get(_OPTIONS, b"")
    match by_kind.get(_KIND, b"").rstrip(b"\0"):
        case b"netem":
            nested = dict(_attributes(options[_NETEM_BYTES:]))
            rate, large = _number(_U32, nested.get(_NETEM_RATE, b"")), _number(_U64, nested.get(_NETEM_RATE64, b""))
        case b"tbf":
            nested = dict(_attributes(options))
            rate = _number(_U32, nested.get(_TBF_PARMS, b"")[_TBF_RATE_AT:])
            large = _number(_U64, nested.get(_TBF_RATE64, b""))
        case _:
            return None
    return large or rate or None


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size:
            return
        yield kind & ~_NESTED, data[at + _ATTRIBUTE.size : at + length]
        at += _padded(length)


def _number(kind: struct.Struct, data: bytes) -> float:
    return float(kind.unpack_from(data)[0]) if len(data) >= kind.size else 0.0


def _padded(length: int) -> int:
    return (length + 3) & ~3
