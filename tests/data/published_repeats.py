"""Repeats of the published trials of FrankenPaxos: throughputs alone, one list for each configuration.

`python -m tests.data.published_repeats DIRECTORY` makes published_repeats.json from the tables that the authors
published (https://github.com/mwhittaker/frankenpaxos, benchmarks/*/*.csv). Only numbers are in it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from fpray_analysis import load
from fpray_analysis.repeats import throughput_columns

REPEATS = Path(__file__).with_name("published_repeats.json")


def main() -> None:
    """Table them anew."""
    tables = {}
    for path in sorted(Path(sys.argv[1]).glob("*.csv")):
        results = load(path)
        figures = throughput_columns(results.trials)
        groups: dict[str, list[float]] = {}
        for row in results.trials.to_pylist():
            values = [row[figure] for figure in figures if row[figure] is not None]
            if values:
                groups.setdefault(str([row[name] for name in results.inputs]), []).append(round(values[0], 1))
        tables[path.stem] = [repeats for repeats in groups.values() if len(repeats) > 1]
    REPEATS.write_text(
        json.dumps({"column": "start_throughput_1s.p90", "tables": tables}, separators=(",", ":")) + "\n"
    )


if __name__ == "__main__":
    main()
