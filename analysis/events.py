"""What happened in trials, and when, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypedDict

from fpray.files import layout
from fpray.files.suite_file import read_suite_file
from fpray.store import columns


class Event(TypedDict):
    """One event of `events.json`; t: nanoseconds since the epoch."""

    t: int
    kind: str
    role: str
    label: str
    detail: str


_NAMES: Final = tuple(Event.__annotations__)


def event_rows(directories: Mapping[str, Path]) -> Any:
    """An Arrow table of the events of trials, by trial and in the order in which they were noted.

    Raises:
        Damaged: an `events.json` is.
    """
    import pyarrow as pa

    rows = [
        (trial, *(event[name] for name in _NAMES))  # type: ignore[literal-required]
        for trial, directory in directories.items()
        for event in read_suite_file(directory / layout.EVENTS, list[Event]) or ()
    ]
    texts = [pa.string()] * (len(_NAMES) - 1)
    kinds = [pa.string(), pa.timestamp("ns", "UTC"), *texts]
    values = zip(*rows, strict=True) if rows else [()] * len(kinds)
    return pa.table(
        [pa.array(column, kind) for column, kind in zip(values, kinds, strict=True)], [columns.TRIAL, *_NAMES]
    )
