"""Keeps Ray's own messages out of the Ray process's output, which is read for the reason of a crash."""

from __future__ import annotations


def hush_raylets() -> None:
    """Drop messages of raylets; `log_to_driver=False` does not do that."""
    from ray._private import worker

    worker.print_to_stdstream = lambda _data, ignore_prefix: None
