"""Attaches the Ray process to a Ray cluster that runs already."""

from __future__ import annotations

from fpray.cluster.ray_process.quiet import hush_raylets


def attach(address: str) -> None:
    """Attach.

    Raises:
        Exception: no cluster answers (Ray raises RuntimeError, ConnectionError, ValueError and others).
    """
    import ray

    hush_raylets()
    ray.init(address=address, log_to_driver=False, logging_level="ERROR", configure_logging=False)
