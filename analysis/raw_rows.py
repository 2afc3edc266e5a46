"""Rows that FrankenPaxos's own harness has kept (`data.csv.gz` of a benchmark), as a Parquet file like fpray's."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from fpray.errors import first_line
from fpray.files import layout
from fpray.files.suite_file import Damaged
from fpray.recorder.schema import SCHEMA, TIME

_NAMES: Final = (layout.DATA_CSV_GZ, layout.DATA_CSV)
_NO_CLIENT: Final = "unknown"  # the harness has put the rows of all clients together


class RawRows:
    """The converted files of some trials, in a directory that is removed with this value."""

    def __init__(self) -> None:
        self._files: dict[Path, Path] = {}

    @functools.cached_property
    def _directory(self) -> Path:
        directory = TemporaryDirectory(prefix="fpray-rows-")
        weakref.finalize(self, directory.cleanup)
        return Path(directory.name)

    def kept_by(self, dataset: Any) -> Any:
        """The dataset, which keeps these files as long as it lives: it may outlive what it was loaded by."""
        weakref.finalize(dataset, _let_go, self)
        return dataset

    def parquet(self, trial: Path) -> Path | None:
        """The rows of a trial's directory, converted when they are first asked for; None if it has none.

        Raises:
            Damaged: they are no such rows.
        """
        source = next((trial / name for name in _NAMES if (trial / name).is_file()), None)
        if source is None:
            return None
        if source not in self._files:
            file = self._directory / f"{len(self._files)}-{layout.RECORDER}"
            with _as_damaged(source):
                _convert(source, file)
            self._files[source] = file
        return self._files[source]


def _let_go(_files: RawRows) -> None:
    """Nothing is to be done; until it is called, the files are referred to."""


@contextmanager
def _as_damaged(source: Path) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Damaged(source, f"is damaged: {first_line(error)}") from None


def _convert(source: Path, file: Path) -> None:
    """Block by block, in bounded memory."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import csv

    kinds = {"start": TIME, "stop": TIME, "count": pa.int64(), "latency_nanos": pa.int64(), "port": pa.int32()}
    kinds |= {"label": pa.string(), "host": pa.string()}
    options = csv.ConvertOptions(column_types=kinds, strings_can_be_null=True)
    with csv.open_csv(source, convert_options=options) as blocks, pq.ParquetWriter(file, SCHEMA) as writer:
        for block in blocks:
            writer.write_table(_as_schema(pa.Table.from_batches([block])))


def _as_schema(block: Any) -> Any:
    """The columns of SCHEMA; a row without a count is one request."""
    import pyarrow as pa

    rows = block.num_rows
    defaults = {"count": pa.scalar(1, pa.int64()), "client": pa.scalar(_NO_CLIENT)}
    columns = []
    for field in SCHEMA:
        if field.name in block.column_names:
            columns.append(block[field.name].cast(field.type))
        elif field.name in defaults:
            columns.append(pa.chunked_array([pa.repeat(defaults[field.name], rows)]).cast(field.type))
        elif field.nullable:
            columns.append(pa.nulls(rows, field.type))
        else:
            raise ValueError(f"it has no column {field.name}")
    return pa.Table.from_arrays(columns, schema=SCHEMA)
