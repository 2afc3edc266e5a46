"""The command line with time stamps at its stations: `BENCH_STAMPS=FILE python -m bench.traced_cli sweep ...`."""

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
    """Note when a station was first reached."""
    stamps.setdefault(name, time.time_ns())


def stamped(function: Callable[..., Any], before: str = "", after: str = "") -> Callable[..., Any]:
    """The function, with a stamp when it is called or when it returns."""

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
    """Put the stamps in, run the command line, write them down."""
    from fpray.cli import main as command_line
    from fpray.cluster import embedded, session
    from fpray.driver import session as sweep_session

    stamp("imports")
    machines: Any = session.Machines
    mainloop: Any = sweep_session
    machines.__enter__ = stamped(machines.__enter__, "checks", "ray")
    ray: Any = embedded.EmbeddedRay
    ray.start = _importing_ray(ray.start)
    mainloop._this_run = stamped(mainloop._this_run, "", "actors")
    try:
        command_line.main(sys.argv[1:])
    finally:
        Path(os.environ["BENCH_STAMPS"]).write_text(json.dumps(stamps))


def _importing_ray(start: Callable[..., Any]) -> Callable[..., Any]:
    """The start of the embedded Ray, with a stamp where `import ray` is done, which it begins with."""

    def call(*args: Any, **kwargs: Any) -> Any:
        import builtins

        plain_import = builtins.__import__

        def watched(name: str, *args: Any, **kwargs: Any) -> Any:
            if name != "ray":
                return plain_import(name, *args, **kwargs)
            builtins.__import__ = plain_import  # Ray's own modules import it again
            module = plain_import(name, *args, **kwargs)
            stamp("import ray")
            return module

        builtins.__import__ = watched
        try:
            return start(*args, **kwargs)
        finally:
            builtins.__import__ = plain_import

    return call


if __name__ == "__main__":
    main()
