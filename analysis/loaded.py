"""One store that was loaded: the trials of a suite or of a file of results, and where their rows and events are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fpray.store import columns

# Columns that loading adds to those of results.parquet.
SUITE: Final = "suite"  # of several stores
PROTOCOL: Final = "protocol"
LOOPS: Final = "loops"  # closed loops of all clients of a trial

# What only fpray writes down of a trial: null where a store has none of it. In the order of the columns.
FIRST: Final = {columns.TRIAL: str, columns.ID: str, PROTOCOL: str, columns.REPEAT: int, LOOPS: int}
LAST: Final = {
    **dict.fromkeys((columns.STATUS, columns.REASON, columns.DETAIL, columns.DOUBTS), str),
    **dict.fromkeys((columns.JVM_ARGS, columns.FLAGS, columns.JAR, columns.HOSTS), str),
    columns.WALL_S: float,
}


@dataclass(frozen=True)
class Store:
    """One store.

    Attributes:
        name: of the suite or the file.
        path: its directory or file, absolute.
        trials: an Arrow table with a row for each trial that ended.
        inputs: the columns of `trials` that are parameters.
        source: what was really read: a suite or a file, of which no two stores are the same.
        directories: trial -> its directory.
        provenance: where the numbers come from, as far as the store says it.
        remarks: what the store does not say, in sentences.
        unjudged: the trials of which no check has looked at the rows.
    """

    name: str
    path: Path
    trials: Any
    inputs: Sequence[str]
    source: Path
    directories: Mapping[str, Path] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    remarks: Sequence[str] = ()
    unjudged: Collection[str] = ()
