"""The command line with time stamps between its steps: `BENCH_STAMPS=FILE python -m bench.traced_cli sweep ...`."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

stamps: dict[str, int] = {"interpreter": time.time_ns()}


def stamp(name: str) -> None:
    """Record when a step was first reached."""
    stamps.setdefault(name, time.time_ns())


def stamped(function: Callable[..., Any], before: str = "", after: str = "") -> Callable[..., Any]:
    """The function, with a stamp at its call or at its return."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if before:
            stamp(before)
        try:
            return function(*args, **kwargs)
        finally:
            if after:
                stamp(after)

    return call


def main() -> None:
    """Install the stamps, run the command line, write the stamps to BENCH_STAMPS."""
    from fpray.cli import main as command_line
    from fpray.cluster.machines import Machines

    stamp("imports")
    machines: Any = Machines
    machines.__enter__ = stamped(machines.__enter__, "checks", "ray")
    machines.facts = stamped(machines.facts, "", "actors")
    try:
        command_line.main(sys.argv[1:])
    finally:
        Path(os.environ["BENCH_STAMPS"]).write_text(json.dumps(stamps))


if __name__ == "__main__":
    main()
