"""Whether trials fit the machines that they are dealt to: heaps against memory, pools against regions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fpray.errors import Problem
from fpray.plan.cluster import Cluster
from fpray.plan.placement import place, placement_problems, shape
from fpray.protocol.protocol import Protocol

_BYTES = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def heap_problems(
    protocol: Protocol[Any],
    points: Sequence[Any],
    cluster: Cluster,
    memory: Mapping[str, int],
    alike: Callable[[int, str], Sequence[str]] = lambda _faults, host: (host,),
) -> list[Problem]:
    """Machines that have less memory than the heaps that a trial asks for there.

    points: the params of the trials; memory: machine -> bytes; alike: f, machine -> those that may stand in for it, and
    itself. A JVM without a heap of its own does not count, nor does
    what a JVM needs beyond its heap: what is refused here cannot run, what is not may still swap.
    """
    distinct: dict[Any, list[Any]] = {}  # of thousands of trials, a few
    for params in points:
        key = shape(protocol, params), *(protocol.heap(role, params) for role in protocol.roles)
        distinct.setdefault(key, []).append(params)
    worst: dict[str, tuple[int, str]] = {}
    trials: Counter[str] = Counter()
    for params, *others in distinct.values():
        asked: dict[str, Counter[tuple[str, str]]] = {}
        for instance in place(protocol, params, cluster):
            if heap := protocol.heap(protocol.role(instance.role), params):
                asked.setdefault(instance.host, Counter())[instance.role, heap] += 1
        wanted: dict[str, tuple[int, str]] = {}
        for host, heaps in asked.items():
            total = sum(count * heap_bytes(heap) for (_, heap), count in heaps.items())
            parts = ", ".join(f"{count} x {role} of {heap}" for (role, heap), count in heaps.items())
            for machine in alike(protocol.faults(params), host):
                if total > memory.get(machine, total):
                    wanted[machine] = max(wanted.get(machine, (0, "")), (total, parts))
        for machine, most in wanted.items():
            worst[machine] = max(worst.get(machine, (0, "")), most)
            trials[machine] += 1 + len(others)
    return [
        Problem(
            f"machine {host}",
            f"has {_gib(memory[host])} of memory, and {trials[host]} of {len(points)} trials want more for heaps,"
            f" up to {_gib(total)}: {parts} (--set the heap sizes, or name more machines)",
        )
        for host, (total, parts) in worst.items()
    ]


def heap_bytes(text: str) -> int:
    """What `-Xmx` takes such a text for; 0 for one that it refuses."""
    match = re.fullmatch(r"([0-9]+)([kmgt]?)", text.lower())
    return int(match[1]) * _BYTES[match[2]] if match else 0


def _gib(count: int) -> str:
    return f"{count / 2**30:.1f} GiB"


def region_problems(
    regions: Mapping[str, int], protocol: Protocol[Any], points: Sequence[Any], cluster: Cluster
) -> list[Problem]:
    """Pools whose processes would be in fewer regions than a study needs, however many regions the pool has.

    regions: pool -> in how many regions its machines must be; points: the params of the study's trials.
    """
    problems = []
    for params in points if regions else ():
        if placement_problems(protocol, params, cluster):  # said already, of the pools that it is about
            continue
        placed = place(protocol, params, cluster)
        for pool, needed in regions.items():
            hosts = dict.fromkeys(each.host for each in placed if protocol.role(each.role).hosts_key == pool)
            if (known := len(cluster.regions_of(hosts))) >= needed:
                continue
            where = (
                f"are in {known}: processes are dealt in the order of the pool's list, here to {', '.join(hosts)}"
                if cluster.regions
                else "are all in one place, as far as the cluster file says: name regions in a file for --cluster,"
                ' beside the pools: "regions": {"us-east-1": ["10.0.0.1"], "us-west-2": ["10.1.0.1"]}'
            )
            problems.append(Problem(pool, f"the study needs its machines in {needed} regions, and they {where}"))
    return list(dict.fromkeys(problems))
