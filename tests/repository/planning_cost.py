"""What `fpray plan` costs, in figures that neither the machine nor its load changes; `python -m` prints them.

`python -m tests.repository.planning_cost multipaxos` plans in this process and writes one JSON object to stderr. The
figures are counts. Calls are counted of fpray's own functions only: those of Python and click depend on their versions,
on the length of the import path, and on the packages that are installed.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

OWN = ("fpray", "fpray_protocols", "fpray_studies")
_IMPORTS = tuple(f"{Path(__file__).resolve().parents[2] / folder}/" for folder in ("fpray", "protocols", "studies"))


def main() -> None:
    """Plan what the command line says, and print what that cost."""
    counts: Counter[str] = Counter()
    of_file: dict[str, bool] = {}

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call":
            code = frame.f_code
            if code.co_filename not in of_file:
                of_file[code.co_filename] = str(Path(code.co_filename).resolve()).startswith(_IMPORTS)
            counts["own calls"] += of_file[code.co_filename]
            counts["dataclasses"] += code.co_name == "_process_class"
            counts["readings of entry points"] += code.co_qualname == "entry_points" and "metadata" in code.co_filename

    earlier = set(sys.modules)
    sys.setprofile(note)
    from fpray.cli.main import main as command_line

    try:
        command_line(["plan", *sys.argv[1:]], standalone_mode=False)
    finally:
        sys.setprofile(None)
    new = set(sys.modules) - earlier
    tops = Counter(module.partition(".")[0] for module in new)
    figures = {
        **counts,
        "own modules": sum(tops[name] for name in OWN),
        "Python's modules": sum(tops[name] for name in sys.stdlib_module_names),
        "packages": sorted(tops.keys() - sys.stdlib_module_names - {*OWN}),
    }
    print(json.dumps(figures), file=sys.stderr)


if __name__ == "__main__":
    main()
