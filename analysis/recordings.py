"""The rows or samples of many trials as one dataset: each trial's file, with trial and what is varied as columns."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fpray.errors import first_line
from fpray.files import layout
from fpray.files.suite_file import Damaged
from fpray.recorder.schema import SCHEMA
from fpray.samples.schema import SCHEMA as SAMPLES
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
    without = "no trial has kept its rows: fpray keeps them with --raw parquet, which is the default"
    kind = _Kind(SCHEMA, "recorded rows", lambda directory: _file(directory, raw), without)
    return raw.kept_by(_dataset(stores, trials, varied, kind))


def machines_dataset(stores: Sequence[Store], trials: Any, varied: Sequence[str]) -> Any:
    """A dataset of the samples of all trials that have some; of the files only their ends are read yet.

    Raises:
        FileNotFoundError: no trial has.
        Damaged: the samples of a trial are.
    """
    without = (
        f"no trial has samples of its machines ({layout.MACHINES}): fpray takes them of each trial that lasts a second"
        " or more, except with --no-samples, and earlier versions took none"
    )
    samples = _Kind(SAMPLES, "samples of machines", _named(layout.MACHINES), without)
    return _dataset(stores, trials, varied, samples)


def metrics_dataset(stores: Sequence[Store], trials: Any, varied: Sequence[str]) -> Any:
    """The same of the metrics of all trials that were monitored.

    Raises:
        FileNotFoundError: no trial was.
        Damaged: the metrics of a trial are.
    """
    from fpray.metrics.schema import SCHEMA as METRICS

    without = "no trial has metrics: run trials with -m, such as fpray sweep unreplicated -m"
    return _dataset(stores, trials, varied, _Kind(METRICS, "metrics", _named(layout.METRICS), without))


class _Kind(NamedTuple):
    """A kind of Parquet file of trials: its schema, what is in it, where it is, and what to say if no trial has one."""

    rows: Any
    what: str
    file_of: Callable[[Path], Path | None]
    without: str


def _named(name: str) -> Callable[[Path], Path | None]:
    """A trial's directory -> its file of that name, if it has one."""
    return lambda directory: file if (file := directory / name).is_file() else None


def _dataset(stores: Sequence[Store], trials: Any, varied: Sequence[str], kind: _Kind) -> Any:
    """A dataset of the files of all trials that have one."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    of_trial = [*([SUITE] if len(stores) > 1 else []), columns.TRIAL, *varied]
    # A parameter may have the name of a column of rows.
    names = {name: f"params.{name}" if name in kind.rows.names else name for name in of_trial}
    fields = [trials.schema.field(name).with_name(new) for name, new in names.items()]
    schema = pa.schema([*kind.rows, *fields])
    files, partitions = [], []
    for directory, row in zip(_directories(stores), trials.select(of_trial).to_pylist(), strict=True):
        file = kind.file_of(directory) if directory is not None else None
        if file is not None:
            files.append(_checked(file, kind.rows, kind.what))
            partitions.append(
                functools.reduce(operator.and_, (_is(schema.field(names[name]), row[name]) for name in row))
            )
    if not files:
        raise FileNotFoundError(kind.without)
    local = pa.fs.LocalFileSystem()
    return ds.FileSystemDataset.from_paths(files, schema, ds.ParquetFileFormat(), local, partitions=partitions)


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
    return (
        raw.kept_by(ds.dataset(_checked(file, SCHEMA, "recorded rows"), SCHEMA, format="parquet"))
        if file is not None
        else None
    )


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


def _checked(file: Path, rows: Any, what: str) -> str:
    """The path of a file with rows of a schema.

    Raises:
        Damaged: it holds something else.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(file)
    except (pa.ArrowException, OSError) as error:
        raise Damaged(file, f"is damaged: {first_line(error)}") from None
    if schema.remove_metadata() != rows:
        raise Damaged(file, f"is damaged: its columns are not those of {what}")
    return str(file)
