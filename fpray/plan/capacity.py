"""Whether trials fit java and the machines that they are placed on: heaps, memory, pools against regions."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from fpray.errors import Cause, Problem
from fpray.files.shown import in_brief
from fpray.plan.cluster import Cluster
from fpray.plan.placement import place, placement_problems, shape
from fpray.protocol.protocol import Protocol
from fpray.protocol.values import field_names

_BYTES = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_LEAST, _MOST = "2m", "128t"  # java starts with no smaller heap; a process of Linux cannot address more
_LEAST_BYTES, _MOST_BYTES = 2 << 20, 128 << 40
# f, machine -> the machines that can replace it, itself included
Equivalents = Callable[[int, str], Sequence[str]]


@dataclass(frozen=True, order=True)
class _Heaps:
    """The heaps that one trial wants on one machine."""

    total: int  # bytes
    parts: str  # for a message


def heap_problems(
    protocol: Protocol[Any],
    points: Sequence[Any],
    cluster: Cluster,
    memory: Mapping[str, int],
    equivalents: Equivalents = lambda _faults, host: (host,),
) -> list[Problem]:
    """Machines that have less memory than the heaps that a trial wants there.

    A JVM without a heap of its own does not count, nor does what a JVM needs beyond its heap: what is refused here
    cannot run; what is not refused may still swap.

    points: the params of the trials; memory: machine -> bytes.
    """
    worst: dict[str, _Heaps] = {}
    trials: Counter[str] = Counter()
    for params, count in _distinct(protocol, points):
        demand: dict[str, _Heaps] = {}
        for host, heaps in _heaps_by_host(protocol, params, cluster).items():
            for machine in equivalents(protocol.faults(params), host):
                if heaps.total > memory.get(machine, heaps.total):
                    demand[machine] = max(demand.get(machine, heaps), heaps)
        for machine, heaps in demand.items():
            worst[machine] = max(worst.get(machine, heaps), heaps)
            trials[machine] += count
    return [
        Problem(
            f"machine {host}",
            f"has {_gib(memory[host])} of memory, but {trials[host]} of {len(points)} trials need more for their heaps,"
            f" up to {_gib(heaps.total)}: {heaps.parts}. Set smaller heaps (--set '*_jvm_heap_size=1g'), or add"
            " machines",
            Cause.MEMORY,
        )
        for host, heaps in worst.items()
    ]


def _distinct(protocol: Protocol[Any], points: Sequence[Any]) -> list[tuple[Any, int]]:
    """Params that differ in heaps or machines, each with the number of its equals: a few of thousands."""
    groups: dict[Any, list[Any]] = {}
    for params in points:
        key = shape(protocol, params), *(protocol.heap(role, params) for role in protocol.roles)
        groups.setdefault(key, []).append(params)
    return [(group[0], len(group)) for group in groups.values()]


def _heaps_by_host(protocol: Protocol[Any], params: Any, cluster: Cluster) -> dict[str, _Heaps]:
    counts: dict[str, Counter[tuple[str, str]]] = {}
    for instance in place(protocol, params, cluster):
        if heap := protocol.heap(protocol.role(instance.role), params):
            counts.setdefault(instance.host, Counter())[instance.role, heap] += 1
    return {
        host: _Heaps(
            sum(count * heap_bytes(heap) for (_, heap), count in heaps.items()),
            ", ".join(f"{count} x {role} of {heap}" for (role, heap), count in heaps.items()),
        )
        for host, heaps in counts.items()
    }


def heap_bytes(text: str) -> int:
    """The bytes that `-Xmx` reads from a text such as `2g`; 0 for a text that it refuses."""
    match = re.fullmatch(r"([0-9]{1,19})([kmgt]?)", text.lower())
    return int(match[1]) * _BYTES[match[2]] if match else 0


def heap_size_problems(protocol: Protocol[Any], points: Sequence[Any]) -> list[Problem]:
    """Heaps with which no JVM starts, in any of these parameters, each once.

    points: the params of trials.
    """
    kind: Any = protocol.params
    names = {role.heap: None for role in protocol.roles if role.heap}
    names |= {name: None for name in field_names(kind) or () if name.endswith("jvm_heap_size")}
    problems = []
    for name in names:
        for heap in dict.fromkeys(map(attrgetter(name), points)):  # of thousands of points, a few
            if why := _wrong(str(heap)):
                problems.append(Problem(f"{name}={in_brief(heap)}", why, Cause.PARAMETER))
    return problems


@functools.cache
def _wrong(text: str) -> str:
    """Why no JVM starts with a heap, in a sentence; empty for one that can start."""
    size, example = heap_bytes(text), "such as 100m or 2g"
    if not size:
        return f"is not a heap size: write a whole number and k, m, g or t, {example}"
    if size < _LEAST_BYTES:
        return f"is too small a heap, java does not start with it: write at least {_LEAST}, {example}"
    return f"is too large a heap, no machine has it: write at most {_MOST}, {example}" * (size > _MOST_BYTES)


def _gib(count: int) -> str:
    return f"{count / 2**30:.1f} GiB"


def region_problems(
    regions: Mapping[str, int], protocol: Protocol[Any], points: Sequence[Any], cluster: Cluster
) -> list[Problem]:
    """Pools with processes in fewer regions than a study needs, although the pool may have more regions.

    regions: pool -> in how many regions its machines must be; points: the params of the study's trials.
    """
    problems = []
    for params in points if regions else ():
        if placement_problems(protocol, params, cluster):  # reported already, for the pools that they are about
            continue
        placement = place(protocol, params, cluster)
        for pool, need in regions.items():
            hosts = dict.fromkeys(i.host for i in placement if protocol.role(i.role).hosts_key == pool)
            count = len(cluster.regions_of(hosts))
            if count >= need:
                continue
            where = (
                f"the machines that fpray would use ({', '.join(hosts)}) are in {count}. fpray takes the first"
                f" machines of {pool} in the file of --cluster: put machines of {need} different regions first there"
                if cluster.regions
                else "they are all in one region, as far as fpray knows: write the regions of the machines at the top"
                ' level of the file of --cluster: "regions": {"us-east-1": ["10.0.0.1"], "us-west-2": ["10.1.0.1"]}'
            )
            problems.append(
                Problem(
                    pool,
                    f"the study needs the machines of this role in {need} regions, but {where}",
                    Cause.MACHINES,
                )
            )
    return list(dict.fromkeys(problems))
