"""Files of results as FrankenPaxos's authors published them: their columns, with values as its harness writes them."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from pathlib import Path

from tests.data.published import HEADERS

PUBLISHED = json.loads(HEADERS.read_text())
FILES = {name: PUBLISHED["columns"][n] for name, n in PUBLISHED["files"].items() if isinstance(n, int)}
LINKS = {name: target for name, target in PUBLISHED["files"].items() if isinstance(target, str)}
# Values as FrankenPaxos writes them, by what the name of a column ends with.
CELLS = (
    (r"^(client_lag|.*duration|.*timeout|.*_sleep|.*period|.*period_m\w\w|prometheus_scrape_interval)$", "0:00:10"),
    (r"(profiled|monitored|flexible|thrifty|.*unsafe.*|.*use_f1_optimization|.*\.batch_flush)$", "False"),
    (r"(heap_size)$", "12g"),
    (r"(log_level|\.name|state_machine|_scheme|_consistency|label|_system|_type)$", "text"),
    (r"(_ms|throughput_\ds\.\w+|fraction|_rate)$", "0.5"),
    (r"", "3"),
)


def cell_of(name: str) -> str:
    """A value of a column."""
    return next(text for pattern, text in CELLS if re.search(pattern, name))


def write_results(file: Path, names: Sequence[str], rows: int = 2) -> Path:
    """Write a file with these columns and equal rows."""
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(names)
        writer.writerows([[cell_of(name) for name in names]] * rows)
    return file
