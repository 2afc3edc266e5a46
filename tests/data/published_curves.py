"""Published trials of FrankenPaxos behind three figures of papers: what varies, one throughput, two latencies.

`python -m tests.data.published_curves DIRECTORY` makes published_curves.json from the tables that the authors published
(https://github.com/mwhittaker/frankenpaxos, benchmarks/*/*.csv). Only names of columns and numbers are in it.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

CURVES = Path(__file__).with_name("published_curves.json")
_FIGURES = ("latency.median_ms", "latency.p99_ms", "start_throughput_1s.p90")
_LOAD = ("num_client_procs", "num_clients_per_proc")


def curve(name: str, directory: Path) -> Path:
    """One of these tables as a CSV file in a directory."""
    table = json.loads(CURVES.read_text())[name]
    file = directory / f"{name}.csv"
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([table["columns"], *table["rows"]])
    return file


def main() -> None:
    """Table them anew."""
    tables = {}
    for path in sorted(Path(sys.argv[1]).glob("*.csv")):
        with path.open(newline="") as file:
            rows = [*csv.DictReader(file)]
        names = [name for name in rows[0] if name in _LOAD or name.endswith(_FIGURES) or _varies(name, rows)]
        names = [name for name in names if name.endswith(_FIGURES) or not name.endswith(("_ms", "s.p90"))]
        tables[path.stem] = {"columns": names, "rows": [[_number(row[name]) for name in names] for row in rows]}
    CURVES.write_text(json.dumps(tables, separators=(",", ":")) + "\n")


def _varies(name: str, rows: list[dict[str, str]]) -> bool:
    return "throughput" not in name and "latency" not in name and len({row[name] for row in rows}) > 1


def _number(text: str) -> float | str:
    try:
        return float(f"{float(text):.6g}") if "." in text else int(text)
    except ValueError:
        return text


if __name__ == "__main__":
    main()
