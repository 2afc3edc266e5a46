"""Writes recorder.parquet from the clients of a trial, as the collecting of a trial does."""

from __future__ import annotations

import os
from collections.abc import Iterable

from fpray.recorder.csv_reader import ClientFile, Reading
from fpray.recorder.parquet_writer import ClientFacts, RecorderWriter


def write_recorder(clients: Iterable[Reading | ClientFile], path: str | os.PathLike[str]) -> tuple[ClientFacts, ...]:
    """Write the clients' rows to the Parquet file `path`; the facts of each client."""
    with RecorderWriter(path) as writer:
        return tuple(map(writer.add, clients))
