"""The time in which all clients of a trial measured, from its rows alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any


def common_window(rows: Any) -> tuple[int, int] | None:
    """From the latest of the clients' first requests to the earliest of their last ones; None if there is none.

    Args:
        rows: a dataset of Arrow.

    Returns:
        Nanoseconds since the epoch, by the clients' clocks: begin and end.
    """
    import pyarrow as pa

    first, last = dict[str, int](), dict[str, int]()
    for batch in batches(rows, ["client", "start"]):
        table = pa.table({"client": batch["client"].cast(pa.string()), "start": batch["start"].cast(pa.int64())})
        for row in table.group_by("client").aggregate([("start", "min"), ("start", "max")]).to_pylist():
            client = row["client"]
            first[client] = min(row["start_min"], first.get(client, row["start_min"]))
            last[client] = max(row["start_max"], last.get(client, row["start_max"]))
    return (max(first.values()), min(last.values())) if first else None


def batches(rows: Any, columns: Sequence[str]) -> Iterator[Any]:
    """Columns of all rows, one piece after the other, so that memory stays bounded."""
    yield from rows.to_batches(columns=list(columns), batch_readahead=1, fragment_readahead=1)
