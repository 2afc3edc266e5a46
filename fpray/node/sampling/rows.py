"""Samples as plain columns of numbers: small in the memory of a role actor, and quick to send when a trial is over."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field

NONE = -1  # of a column of integers, and of names
Value = float | int | str | None
# The columns of `fpray.samples.schema` that a machine knows, by kind. The driver knows the host and the role.
INTEGERS = ("time", "memory", "threads", "cores", "runnable", "received", "sent")
NAMES = ("label", "thread", "link")
FLOATS = (
    "seconds", "cpu", "waited", "thread_cpu", "thread_waited", "thread_busy", "gc", "cpu_limit", "interrupts", "steal",
    "throttled", "pressure_cpu", "pressure_memory", "pressure_io", "link_share", "retransmits", "refaults",
)  # fmt: skip


@dataclass
class Samples:
    """What one role actor has read: a row for each process and second, and one for the machine.

    Attributes:
        columns: column -> a value for each row. Integers and names: `NONE` where there is none; floats: NaN. A name is
            a number of `names`.
        names: the different names, each with its number, in the order of these.
        notes: what there is to say of them, as sentences.
    """

    columns: dict[str, array[int] | array[float]] = field(
        default_factory=lambda: {
            **{name: array("q") for name in (*INTEGERS, *NAMES)},
            **{name: array("f") for name in FLOATS},
        }
    )
    names: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        """How many rows it has."""
        return len(self.columns["time"])

    def add(self, row: Mapping[str, Value]) -> None:
        """Add a row: column -> value; what it lacks is not known. Sizes beyond 64 bits are not known either."""
        for name, column in self.columns.items():
            value = row.get(name)
            if isinstance(value, str):
                value = self.names.setdefault(value, len(self.names))
            elif name in _FLOATS:
                value = math.nan if value is None else value
            elif value is None or not -(2**63) <= value < 2**63:
                value = NONE
            column.append(value)  # type: ignore[arg-type]


_FLOATS = frozenset(FLOATS)
