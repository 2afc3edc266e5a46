"""Reads recorded rows batch by batch, in bounded memory; a file that is damaged further on is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from fpray.errors import first_line
from fpray.files.suite_file import Damaged

_BATCH_ROWS: Final = 1 << 16
_AHEAD: Final = {"batch_size": _BATCH_ROWS, "batch_readahead": 2, "fragment_readahead": 1}


def batches(dataset: Any, columns: Sequence[str] | None = None, rows: Any = None) -> Iterator[Any]:
    """The batches of a dataset, in the order of its files.

    columns: those that are read; None: all. rows: an expression of those that are read; of a file, groups of rows that
    have none of them are not read.

    Raises:
        Damaged: a file is.
    """
    import pyarrow as pa

    for fragment in dataset.get_fragments(rows):
        scanner = fragment.scanner(schema=dataset.schema, columns=columns, filter=rows, **_AHEAD)
        of_fragment = iter(scanner.to_batches())
        while True:
            try:
                batch = next(of_fragment, None)
            except (pa.ArrowException, OSError) as error:
                raise Damaged(Path(fragment.path), f"is damaged: {first_line(error)}") from None
            if batch is None:
                break
            if batch.num_rows:
                yield batch
