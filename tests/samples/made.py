"""Tables of machine samples that tests make: a row a second for each process and machine, with their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from fpray.samples.limits import bottleneck
from fpray.samples.schema import SCHEMA
from fpray.store.bottleneck import Bottleneck

BEGIN = 1_800_000_000_000_000_000  # Unix time of the measured window, in nanoseconds
SECONDS = 10
WINDOW = BEGIN, BEGIN + SECONDS * 1_000_000_000
Row = Mapping[str, Any]


def process(label: str, ran: float, busy: float | None = None, stood: float = 0.0, **more: Any) -> Row:
    """A process with one thread that uses the CPU; its role is its label without a number."""
    role = label.rstrip("0123456789_")
    thread = {"thread_cpu": ran, "thread_waited": stood, "thread_busy": ran + stood if busy is None else busy}
    return {"role": role, "label": label, "cpu": ran, "waited": stood, **thread, **more}


def machine(cpu: float, cores: int = 4, **more: Any) -> Row:
    """A machine."""
    return {"cpu": cpu, "cores": cores, "steal": 0.0, "throttled": 0.0, **more}


def rows(*second: Row, begin: int = BEGIN, seconds: int = SECONDS) -> list[Row]:
    """What is the same in each of some seconds; a row without a host is of the machine `a`."""
    ends = [begin + (k + 1) * 1_000_000_000 for k in range(seconds)]
    return [{"time": end, "seconds": 1.0, "host": "a", **row} for end in ends for row in second]


def table(all_rows: Sequence[Row]) -> Any:
    """The rows as a table."""
    return pa.Table.from_pylist([*all_rows], schema=SCHEMA)


def verdict(*second: Row, clients: Sequence[str] = ("client_0",)) -> Bottleneck:
    """What limits a trial of which each second of the window was the same."""
    return bottleneck(table(rows(*second)), WINDOW, clients)
