"""The rows of many trials as one dataset: each trial's Parquet file, with its trial and what is varied as columns."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from fpray.errors import first_line
from fpray.files import layout
from fpray.files.suite_file import Damaged
from fpray.recorder.schema import SCHEMA
from fpray.store import columns
from fpray_analysis.loaded import SUITE, Store
from fpray_analysis.raw_rows import RawRows


def recorder_dataset(stores: Sequence[Store], trials: Any, varied: Sequence[str], raw: RawRows) -> Any:
    """A dataset of the rows of all trials that have kept them; of Parquet files only their ends are read yet.

    raw: where rows of FrankenPaxos are converted.

    Raises:
        FileNotFoundError: no trial has.
        Damaged: the rows of a trial are.
    """
    import pyarrow as pa
    import pyarrow.dataset as ds

    of_trial = [*([SUITE] if len(stores) > 1 else []), columns.TRIAL, *varied]
    # A parameter may have the name of a column of rows.
    names = {name: f"params.{name}" if name in SCHEMA.names else name for name in of_trial}
    fields = [trials.schema.field(name).with_name(new) for name, new in names.items()]
    schema = pa.schema([*SCHEMA, *fields])
    files, partitions = [], []
    for directory, row in zip(_directories(stores), trials.select(of_trial).to_pylist(), strict=True):
        file = _file(directory, raw) if directory is not None else None
        if file is not None:
            files.append(_checked(file))
            partitions.append(
                functools.reduce(operator.and_, (_is(schema.field(names[name]), row[name]) for name in row))
            )
    if not files:
        raise FileNotFoundError("no trial has kept its rows: fpray keeps them with --raw parquet, which is the default")
    local = pa.fs.LocalFileSystem()
    return raw.kept_by(
        ds.FileSystemDataset.from_paths(files, schema, ds.ParquetFileFormat(), local, partitions=partitions)
    )


def _file(directory: Path, raw: RawRows) -> Path | None:
    file = directory / layout.RECORDER
    return file if file.is_file() else raw.parquet(directory)


def trial_rows(directory: Path, raw: RawRows) -> Any | None:
    """A dataset of the rows of one trial; None if it has kept none.

    Raises:
        Damaged: they are.
    """
    import pyarrow.dataset as ds

    file = _file(directory, raw)
    return raw.kept_by(ds.dataset(_checked(file), SCHEMA, format="parquet")) if file is not None else None


def _directories(stores: Sequence[Store]) -> Iterator[Path | None]:
    """The directory of each trial, in the order of the stacked trials."""
    for store in stores:
        for number in store.trials[columns.TRIAL].to_pylist():
            yield store.directories.get(number)


def _is(field: Any, value: Any) -> Any:
    """The expression that a column has a value, by which a file is left out, or gets the column."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    column = ds.field(field.name)
    return column.is_null() if value is None else column == pa.scalar(value, field.type)


def _checked(file: Path) -> str:
    """The path of a file with rows.

    Raises:
        Damaged: it holds something else.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(file)
    except (pa.ArrowException, OSError) as error:
        raise Damaged(file, f"is damaged: {first_line(error)}") from None
    if schema.remove_metadata() != SCHEMA:
        raise Damaged(file, "is damaged: its columns are not those of recorded rows")
    return str(file)
