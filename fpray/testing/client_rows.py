"""Writes a client's recorder file, as a client of the jar would have written it."""

from __future__ import annotations

import datetime
from pathlib import Path

_LOOPS = 2


def write_rows(path: Path, label: str | None) -> None:
    """Write a file of two closed loops, each with an answer every millisecond for a second from now on.

    label: of every row; None: rows have a host and a port in its place, as those of a protocol without labels.
    """
    began = datetime.datetime.now(datetime.UTC)
    lines = ["start,stop,latency_nanos,host,port" if label is None else "start,stop,count,latency_nanos,label"]
    numbers = "1000000,127.0.0.1,1" if label is None else f"1,1000000,{label}"
    for at in range(1000):
        start, stop = (began + datetime.timedelta(milliseconds=ms) for ms in (at, at + 1))
        lines += [f"{_text(start)},{_text(stop)},{numbers}"] * _LOOPS
    path.write_text("\n".join(lines) + "\n")


def _text(instant: datetime.datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S.%f}Z"
