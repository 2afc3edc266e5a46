"""A suite's results, and a trial's recorder rows, as Arrow tables (`.to_pandas()` for frames)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fpray.errors import only_reading
from fpray.files import layout
from fpray.files.paths import absolute
from fpray.store.find import find_suite
from fpray.store.result_table import read_parquet, read_results
from fpray.store.usual_root import USUAL_ROOT


def results(suite: str, root: str | Path = USUAL_ROOT) -> Any:
    """One row for each trial that ended: FrankenPaxos's columns, `measured.*`, status, jar, hosts.

    `suite` is a path, the start of a name, or (the start of) a suite id.

    Raises:
        fpray.Refused: there is no such suite, or its table is damaged.
        FileNotFoundError: no trial of it has ended.
    """
    with only_reading():
        return read_results(find_suite(suite, absolute(root)).path)


def recorder(suite: str, trial: int | str, root: str | Path = USUAL_ROOT) -> Any:
    """The raw rows of a trial: start and stop (UTC, nanoseconds), count, latency_nanos, label, client.

    Raises:
        fpray.Refused: there is no such suite, no such trial in it, or its rows are damaged.
        FileNotFoundError: the trial kept no rows (`--raw drop`, or nothing was measured).
    """
    with only_reading():
        directory = find_suite(suite, absolute(root)).numbered(str(trial))
        return read_parquet(directory.file(layout.RECORDER))
