"""Flags of benchmark clients, and the recorder files that they write."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from tests.jvm.processes import HOST, flags, free_port

_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(\d{3}|\d{6}|\d{9}))?Z"
_ROW = re.compile(rf"{_TIME},{_TIME},\d+,\d+,(read|write)")


def client_flags(directory: Path, servers: dict[str, str], **changes: str) -> list[str]:
    """The words for a client of a few short loops of string commands; `servers` says where its servers are."""
    workload = directory / "workload.pbtxt"
    workload.write_text("string_workload { size_mean: 10 size_std: 3 }  # a comment\n")
    values = {
        "host": HOST,
        "port": str(free_port()),
        "log_level": "info",
        "prometheus_port": "-1",
        "warmup_duration": "0.2s",
        "warmup_timeout": "30s",
        "warmup_sleep": "0s",
        "num_warmup_clients": "1",
        "duration": "500ms",
        "timeout": "30s",
        "num_clients": "2",
        "workload": str(workload),
        "output_file_prefix": str(directory / "client_0"),
    }
    return flags(values | servers | changes)


def workload_file(directory: Path, content: str) -> str:
    """The path of a workload file."""
    path = directory / "own_workload.pbtxt"
    path.write_text(content)
    return str(path)


def rows(directory: Path) -> list[dict[str, str]]:
    """The rows of client_0, after a check of their form."""
    lines = (directory / "client_0_data.csv").read_text().splitlines()
    assert lines[0] == "start,stop,count,latency_nanos,label"
    assert all(_ROW.fullmatch(line) for line in lines[1:])
    return list(csv.DictReader(lines))
