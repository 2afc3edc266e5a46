"""Client files with everything that a row can be, from a seed: ordinary, extreme, impossible, damaged."""

from __future__ import annotations

import datetime
import random
from pathlib import Path

LABELLED, UNLABELLED = "start,stop,count,latency_nanos,label", "start,stop,latency_nanos,host,port"
BEGIN = 1_795_321_380_000_000_000
_EXTREME = (
    "0", "1", "-1", "999999999", "1000000000", "8640000000000000", "8640000000000001", "9007199254740993",
    "999999999999999999", "-999999999999999999", "9223372036854775807", "99999999999999999999", "007", "-0",
)  # fmt: skip
_NO_NUMBERS = (" 5", "5 ", "0x10", "+5", "1e3", "1_000", "", "-", "--1", "5.0", "٥", "NaN", "1\t", '"5', '"5"', "5\r")
_INSTANTS = (
    "2026-11-22 04:23:17Z", "2026-11-22T04:23Z", "2026-11-22T04:23:17", "2026-11-22T04:23:17+01:00",
    "2026-02-30T00:00:00Z",
    "2026-11-22T24:00:00Z", "2026-11-22T23:59:60Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z",
    "2199-12-31T23:59:59.999999999Z", "2200-01-01T00:00:00Z", "9999-01-01T00:00:00Z", "0000-01-01T00:00:00Z",
    "2024-02-29T12:00:00.1Z", "2023-02-29T12:00:00Z", "2026-11-22T04:23:17.1234567890Z", "2026-11-22T04:23:17.Z",
    "1795321397000",
)  # fmt: skip
_LABELS = (
    "",
    "read",
    "a,b",
    '"a,b"',
    '"q"',
    'q"',
    '""',
    "é",
    "x" * 40,
    "\x00",
    "a b",
    "a\rb",
    "x" * 5000,
    "nil",
    "null",
    "0",
)
_LINES = (
    b"what\n", b"\n", b"   \n", b"\r\n", b",,,,\n", b"\xff\xfe,,,,\n", b"\0\0\0\0\n", b"x" * 9000 + b"\n",
    b"\xed\xa0\x80\n", b'"\n',
)  # fmt: skip


class OddFile:
    """One client's file; its damage is as likely as the seed says."""

    def __init__(self, seed: int) -> None:
        """seed: decides on everything."""
        self.random = random.Random(seed)
        self.labelled = self.random.random() < 0.7
        self.oddity = self.random.choice((0.0, 0.0, 0.02, 0.2, 0.7))
        # Rows with equal starts and different counts have no order; so starts are all different where counts are.
        self.grouped = self.random.random() < 0.4
        self.labels = self.random.choice(
            (["write"], ["read", "write"], ["a", "b", "c", ""], [f"l{i}" for i in range(90)])
        )
        self._clock = BEGIN + self.random.randrange(10**9)
        self._columns: set[int] = set()

    def write(self, path: Path, others: OddFile | None = None) -> None:
        """Write the file; others: a file of the same trial: this one respects its kind and its starts."""
        if others is not None:
            self.labelled, self.grouped, self._columns = others.labelled, others.grouped, others._columns
        end = self.random.choice(("\n", "\n", "\n", "\r\n"))
        lines = [((LABELLED if self.labelled else UNLABELLED) + end).encode()]
        for _ in range(self.random.choice((0, 1, 2, 5, 40, 150, 300))):
            if self.random.random() < self.oddity / 3:
                lines.append(self.random.choice(_LINES))
            else:
                lines.append(",".join(self._row()).encode("utf-8", "surrogatepass") + end.encode())
        text = b"".join(lines)
        if self.random.random() < 0.2 and len(lines) > 1:
            text = text[: -self.random.randrange(1, min(60, len(lines[-1])) + 1)]
        path.write_bytes(text)

    def _row(self) -> list[str]:
        self._clock += self.random.choice((0, 1, 1000, 4_000_000, 30_000_000, 1_500_000_000))
        start = self._clock
        if self._odd():
            start += self.random.choice((-(10**18), -(10**10), 10**10, 10**18))
        while self.grouped and start in self._columns:
            start += 1
        self._columns.add(start)
        latency = int(self.random.lognormvariate(13, 1.5))
        count = self.random.choice((1, 7, 100, 10**8)) if self.grouped else 1
        first, last = _instant(start, self.random), _instant(start + latency, self.random)
        texts = [self._instant(first), self._instant(last)]
        if self.labelled:
            texts += [self._number(count if not self._odd() else 10**9 - 1 if self.grouped else 1)]
        texts += [self._number(latency if not self._odd() else 10 ** self.random.randrange(16))]
        label = self.random.choice(self.labels)
        if self.labelled:
            return [*texts, self.random.choice(_LABELS) if self._odd() else label]
        host = self.random.choice(_LABELS) if self._odd() else "10.0.0.1"
        return [*texts, host, self._number(9000)]

    def _odd(self) -> bool:
        return self.random.random() < self.oddity / 6

    def _number(self, usual: int) -> str:
        if not self._odd():
            return str(usual)
        return self.random.choice(_NO_NUMBERS if self.random.random() < 0.5 or not self._may_be(usual) else _EXTREME)

    def _may_be(self, usual: int) -> bool:
        """Whether another number may stand here: not in place of a count where starts may be equal."""
        return self.grouped or usual != 1

    def _instant(self, usual: str) -> str:
        # An odd start is one of few, so that it may come twice.
        return self.random.choice(_INSTANTS) if self._odd() and not self.grouped else usual


def _instant(nanoseconds: int, chance: random.Random) -> str:
    """As Java writes it; now and then with other digits after the second."""
    seconds, fraction = divmod(nanoseconds, 10**9)
    then = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
    digits = f"{fraction:09}"
    while digits.endswith("000"):
        digits = digits[:-3]
    if digits and chance.random() < 0.02:
        digits = digits.rstrip("0")
    return then.isoformat(timespec="seconds") + (f".{digits}" if digits else "") + "Z"
