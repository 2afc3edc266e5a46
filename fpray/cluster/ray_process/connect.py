"""Connects the Ray process to Ray, with as little output as Ray can be made to have."""

from __future__ import annotations

from typing import Any


def connect(**options: Any) -> None:
    """`ray.init` with these options.

    Raises:
        Exception: no cluster answers, or Ray does not start (RuntimeError, ConnectionError, ValueError and others).
    """
    import ray
    from ray._private import worker

    # Messages of raylets: `log_to_driver=False` does not keep them back. The output is read for the reason of a crash.
    worker.print_to_stdstream = lambda _data, ignore_prefix: None
    ray.init(**options, log_to_driver=False, logging_level="ERROR", configure_logging=False)
