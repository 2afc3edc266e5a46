"""The time in which all clients of a trial measured, from its rows alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def common_window(rows: Any) -> tuple[int, int] | None:
    """From the latest of the clients' first requests to the earliest of their last ones; None if there is none.

    Args:
        rows: a dataset of Arrow.

    Returns:
        Nanoseconds since the epoch, by the clients' clocks: begin and end.
    """
    return window_of(starts_of_clients(rows))


def starts_of_clients(rows: Any) -> dict[str, tuple[int, int]]:
    """Client -> the starts of its first and of its last request, in nanoseconds since the epoch."""
    import pyarrow as pa

    starts = dict[str, tuple[int, int]]()
    for batch in batches(rows, ["client", "start"]):
        table = pa.table({"client": batch["client"].cast(pa.string()), "start": batch["start"].cast(pa.int64())})
        for row in table.group_by("client").aggregate([("start", "min"), ("start", "max")]).to_pylist():
            first, last = starts.get(row["client"], (row["start_min"], row["start_max"]))
            starts[row["client"]] = min(row["start_min"], first), max(row["start_max"], last)
    return starts


def window_of(starts: Mapping[str, tuple[int, int]], warmup_ns: int = 0) -> tuple[int, int] | None:
    """The time in which all clients measured, of `starts_of_clients`; None if there is none.

    warmup_ns: how long each client recorded its warm-up first.
    """
    if not starts:
        return None
    begin, end = max(first for first, _ in starts.values()) + warmup_ns, min(last for _, last in starts.values())
    return (begin, end) if begin < end else None


def batches(rows: Any, columns: Sequence[str]) -> Iterator[Any]:
    """Columns of all rows, one piece after the other, so that memory stays bounded."""
    yield from rows.to_batches(columns=list(columns), batch_readahead=1, fragment_readahead=1)
