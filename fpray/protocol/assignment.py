"""Which of a pool's machines each instance of a role gets: the ways to assign that protocols name."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

# the machines of a pool, how many instances at each level of nesting -> one machine for each, outermost level first
Deal = Callable[[Sequence[str], tuple[int, ...]], list[str]]


def round_robin(hosts: Sequence[str], dimensions: tuple[int, ...]) -> list[str]:
    """One after the other, from the first again after the last."""
    return list(itertools.islice(itertools.cycle(hosts), math.prod(dimensions)))


def staggered(hosts: Sequence[str], dimensions: tuple[int, ...]) -> list[str]:
    """Where a group has as many members as there are machines, group g begins at machine g; else round robin."""
    groups, members = dimensions
    if len(hosts) != members:
        return round_robin(hosts, dimensions)
    return [hosts[(group + member) % members] for group in range(groups) for member in range(members)]
