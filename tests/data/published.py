"""Makes tests/data/published_headers.json: the columns of each file of results that FrankenPaxos's authors published.

    python -m tests.data.published DIRECTORY

The directory holds the first line of each file, which names its columns. A file without a comma is a link, as git
stores it. Only names are taken over. Source: the result files beside the plots of the papers at
github.com/mwhittaker/frankenpaxos.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HEADERS = Path(__file__).with_name("published_headers.json")


def main() -> None:
    """See the module's docstring."""
    columns: list[list[str]] = []
    files: dict[str, int | str] = {}
    for file in sorted(Path(sys.argv[1]).iterdir()):
        text = file.read_text().strip()
        names = text.split(",")
        if len(names) > 1 and names not in columns:
            columns.append(names)
        files[file.name] = columns.index(names) if len(names) > 1 else text
    lines = [json.dumps(names) for names in columns]
    joined = ",\n  ".join(lines)
    HEADERS.write_text(f'{{\n "files": {json.dumps(files, indent=1)},\n "columns": [\n  {joined}\n ]\n}}\n')


if __name__ == "__main__":
    main()
