"""Writes a client's recorder file, as a client of the jar would have written it."""

from __future__ import annotations

import datetime
from pathlib import Path


def write_rows(
    path: Path, *, seconds: float = 1.0, loops: int = 2, latency_ms: int = 1, label: str | None = "write"
) -> None:
    """Write a file of `loops` closed loops, each with an answer every `latency_ms` for some seconds from now on.

    label: of every row; None: rows have a host and a port in its place, as those of a protocol without labels.
    """
    began = datetime.datetime.now(datetime.UTC)
    lines = ["start,stop,latency_nanos,host,port" if label is None else "start,stop,count,latency_nanos,label"]
    numbers = f"{latency_ms}000000,127.0.0.1,1" if label is None else f"1,{latency_ms}000000,{label}"
    for at in range(0, int(seconds * 1000), latency_ms):
        start, stop = (began + datetime.timedelta(milliseconds=ms) for ms in (at, at + latency_ms))
        row = f"{_text(start)},{_text(stop)},{numbers}"
        lines += [row] * loops
    path.write_text("\n".join(lines) + "\n")


def _text(instant: datetime.datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S.%f}Z"
