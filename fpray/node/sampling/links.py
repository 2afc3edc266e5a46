"""The network links of a machine: bytes per second, and which link is closest to its speed."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, replace

from fpray.files.printable import printable
from fpray.node.kernel_counters import is_number
from fpray.node.proc_files import OpenFile, read_bytes
from fpray.node.sampling.queue_rates import queue_rates

_LOOPBACK = b"lo"
_BYTES_OF_MBIT = 125_000
Counters = dict[bytes, tuple[int, int]]  # link -> bytes that it has received, and sent, so far


@dataclass(frozen=True)
class LinkUse:
    """What the links of a machine carried between two readings.

    Attributes:
        received, sent: bytes per second, on all links but the loopback.
        link, share: the link that is closest to its speed, and the share of that; None where no speed is known.
    """

    received: float
    sent: float
    link: str | None = None
    share: float | None = None


def link_counters(text: bytes) -> Counters:
    """Of /proc/net/dev."""
    counters = {}
    for line in text.splitlines():
        name, _, numbers = line.partition(b":")
        parts = numbers.split()
        if len(parts) >= 16 and is_number(parts[0]) and is_number(parts[8]):
            counters[name.strip()] = int(parts[0]), int(parts[8])
    return counters


class Links:
    """The links of this process's network, between readings."""

    def __init__(self) -> None:
        self._file = OpenFile("/proc/self/net/dev", 1 << 16)
        self._before: Counters = {}
        self._speeds: dict[bytes, float] = {}  # bytes per second, by what the link itself says; 0: it says none
        self._rates: dict[bytes, float] = {}  # of what `tc` lets it send

    def update(self) -> None:
        """See what links there are, and how quick they are."""
        try:
            indexes = {os.fsencode(name): index for index, name in socket.if_nameindex()}
        except OSError:
            indexes = {}
        by_index = queue_rates()
        self._rates = {name: by_index[index] for name, index in indexes.items() if index in by_index}
        self._speeds = {name: self._speeds.get(name) or _speed(name, index) for name, index in indexes.items()}

    def read(self, seconds: float) -> LinkUse | None:
        """What they carried since the last reading; None where the kernel does not say."""
        before, now = self._before, link_counters(self._file.read_pieces())
        self._before = now
        if not now:
            return None
        totals, fullest = [0.0, 0.0], LinkUse(0.0, 0.0)
        for name, counts in now.items():
            # A counter that was set back, or has 32 bits, says nothing of this interval.
            moved = [max(0, new - last) / seconds for new, last in zip(counts, before.get(name, counts), strict=True)]
            if name != _LOOPBACK:
                totals = [total + one for total, one in zip(totals, moved, strict=True)]
            share = self._share(name, *moved)
            if share is not None and (fullest.share is None or share > fullest.share):
                fullest = LinkUse(0.0, 0.0, printable(name), share)
        return replace(fullest, received=totals[0], sent=totals[1])

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _share(self, name: bytes, received: float, sending: float) -> float | None:
        speed, rate = self._speeds.get(name, 0.0), self._rates.get(name, 0.0)
        out = min(limit for limit in (speed, rate) if limit) if speed or rate else 0.0
        shares = [amount / limit for amount, limit in ((received, speed), (sending, out)) if limit]
        return min(1.0, max(shares)) if shares else None


def _speed(name: bytes, index: int) -> float:
    """Bytes per second by the link's driver; 0: not known. /sys may show the links of another network namespace."""
    directory = f"/sys/class/net/{os.fsdecode(name)}"
    words = [read_bytes(f"{directory}/{file}", 64).strip() for file in ("ifindex", "speed")]
    if words[0] != b"%d" % index or not is_number(words[1]):
        return 0.0
    return float(words[1]) * _BYTES_OF_MBIT
