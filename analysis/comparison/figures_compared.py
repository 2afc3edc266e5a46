"""Which columns are compared: throughputs and quantiles of latencies, by their full names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fpray.recorder.columns import THROUGHPUT, start_throughput

_LATENCY: Final = re.compile(r"(?:^|\.)latency\.(?:median|p\d+(?:\.\d+)?)_ms$")  # mean, min and max are no quantiles
_PUBLISHED: Final = start_throughput("p90")


def is_latency(name: str) -> bool:
    """Whether a column is a quantile of latencies, of which less is faster."""
    return _LATENCY.search(name) is not None


def compared_columns(a: Sequence[Mapping[str, Any]], b: Sequence[Mapping[str, Any]], kinds: Sequence[str]) -> list[str]:
    """The columns of which both sides have a number, throughputs first.

    a, b: trials; kinds: the names of the columns that hold numbers.

    FrankenPaxos's p90 of the rates is the throughput of an output only where there is no `measured.throughput`.
    """
    present = [name for name in kinds if _has_values(a, name) and _has_values(b, name)]
    own = [name for name in present if name.endswith("throughput")]
    published = [
        name
        for name in present
        if (name == _PUBLISHED or name.endswith(f".{_PUBLISHED}"))
        and f"{name.removesuffix(_PUBLISHED)}{THROUGHPUT}" not in own
    ]
    return [*own, *published, *(name for name in present if is_latency(name))]


def shares_of_error(names: Sequence[str]) -> dict[str, float]:
    """Each column's share of the error rate: half of it for throughputs, half for latencies, which are more."""
    latencies = sum(is_latency(name) for name in names)
    counts = {True: latencies, False: len(names) - latencies}
    halves = 1 if 0 in counts.values() else 2
    return {name: 1 / halves / counts[is_latency(name)] for name in names}


def _has_values(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    return any(row.get(name) is not None for row in rows)
