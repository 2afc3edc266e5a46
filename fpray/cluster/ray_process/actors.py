"""Makes a class a Ray actor that is pinned to one machine."""

from __future__ import annotations

from typing import Any

from fpray.cluster.nodes import Machine


def actor_class(cls: Any, machine: Machine, threads: int) -> Any:
    """A class as a Ray actor on a machine. It reserves no CPU, and Ray restarts and repeats nothing of it."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return ray.remote(cls).options(
        num_cpus=0,
        max_concurrency=threads,
        max_restarts=0,
        max_task_retries=0,
        scheduling_strategy=NodeAffinitySchedulingStrategy(machine.node_id, soft=False),
    )
