"""The rows of one trial by ascending starts, as FrankenPaxos keeps them, in bounded memory."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from fpray.recorder.schema import Int64s, nanoseconds
from fpray_analysis.handover.scan import batches

_SLICE_ROWS: Final = 1 << 20  # rows that are sorted at once
_PIECE_ROWS: Final = 1 << 16
_SAMPLE: Final = 1 << 10  # one start in so many is remembered, to divide the rows into slices


def rows_by_start(dataset: Any) -> Iterator[Any]:
    """Tables of the rows of a dataset, ascending by `start`; of equal starts, in the order of the files.

    The rows are read once to divide them into slices of time, and then slice by slice: a file's groups of rows that lie
    outside a slice are not read for it.

    Raises:
        Damaged: a file is.
    """
    import pyarrow as pa
    import pyarrow.dataset as ds

    kind = dataset.schema.field("start").type
    for begin, end in itertools.pairwise(_edges(dataset)):
        column = ds.field("start")
        pieces = batches(dataset, rows=(column >= pa.scalar(begin, kind)) & (column < pa.scalar(end, kind)))
        if end == begin + 1:  # equal starts, of which there may be any number
            yield from (pa.Table.from_batches([piece]) for piece in pieces)
        elif read := list(pieces):
            table = pa.Table.from_batches(read)
            order = np.argsort(nanoseconds(table["start"]), kind="stable")
            table = table.take(pa.array(order))
            yield from (table.slice(at, _PIECE_ROWS) for at in range(0, table.num_rows, _PIECE_ROWS))


def _edges(dataset: Any) -> list[int]:
    """Times that divide all rows into slices of about _SLICE_ROWS; a start of more rows is a slice of its own."""
    samples: list[Int64s] = []
    low, high = 2**63 - 1, -(2**63)
    for batch in batches(dataset, ["start"]):
        starts = np.sort(nanoseconds(batch["start"]))
        low, high = min(low, int(starts[0])), max(high, int(starts[-1]))
        samples.append(starts[::_SAMPLE])
    if not samples:
        return []
    cuts = np.sort(np.concatenate(samples))[:: max(1, _SLICE_ROWS // _SAMPLE)].tolist()
    crowded = [first for first, second in itertools.pairwise(cuts) if first == second]
    return sorted({low, high + 1, *cuts, *crowded, *(start + 1 for start in crowded)})
