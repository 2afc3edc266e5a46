"""Numbers, intervals, points and columns as people read them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fpray.searching.recommendation import Interval


def number(value: float) -> str:
    """Four significant digits: `12,340`, `4.213`."""
    if not math.isfinite(value) or value == 0:
        return str(value)
    rounded = round(value, 3 - math.floor(math.log10(abs(value))))
    return f"{rounded:,.0f}" if abs(rounded) >= 1000 else f"{rounded:.4g}"


def interval(estimate: Interval) -> str:
    """A number and its 95 % interval."""
    return f"{number(estimate.value)} (95 %: {number(estimate.low)} to {number(estimate.high)})"


def point(params: Mapping[str, Any]) -> str:
    """`num_clients_per_proc=33 num_proxy_leaders=7`."""
    return " ".join(f"{key}={f'{v:.4g}' if isinstance(v, float) else v}" for key, v in params.items())


def short(column: str) -> str:
    """The last part of a column's name: `throughput`, `p99_ms`; with its output if there are several."""
    output = column.partition("_output.")[0] if "_output." in column else ""
    return f"{output} {column.rpartition('.')[2]}".strip()
