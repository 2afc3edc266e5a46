"""The columns of a suite's results: the inputs of a trial, its numbers, and what else is known of it."""

from __future__ import annotations

import enum
from datetime import timedelta
from typing import Any, Final

from fpray.protocol.params import flatten, names
from fpray.protocol.protocol import Protocol
from fpray.recorder import columns
from fpray.store import bottleneck

# The other columns of `results.parquet`.
TRIAL: Final = "trial"
ID: Final = "id"
REPEAT: Final = "repeat"
STATUS: Final = "status"
REASON: Final = "reason"
DETAIL: Final = "detail"
DOUBTS: Final = "doubts"
JVM_ARGS: Final = "jvm_args"
FLAGS: Final = "flags"
JAR: Final = "jar"
HOSTS: Final = "hosts"
WALL_S: Final = "wall_s"


def output_columns(protocol: Protocol[Any]) -> list[str]:
    """FrankenPaxos's output columns of a protocol, in its order."""
    return [f"{prefix}{name}" for prefix in protocol.outputs.values() for name in columns.FRANKENPAXOS]


def measured_columns(protocol: Protocol[Any]) -> list[str]:
    """fpray's own numeric columns of a protocol; docs/measuring.md says what each means and when it is null."""
    by_output = [f"{prefix}{name}" for prefix in protocol.outputs.values() for name in columns.MEASURED]
    return [*by_output, *columns.MEASURED_TOGETHER]


def input_columns(params: Any) -> dict[str, Any]:
    """The input columns of a row, as FrankenPaxos writes them: `0:00:02`, `DistributionScheme.HASH`."""
    return {name: _as_frankenpaxos(value) for name, value in flatten(params).items()}


def column_types(protocol: Protocol[Any]) -> dict[str, type]:
    """Column -> int, float, bool or str, of all columns that a protocol and fpray declare: whatever is in a suite.

    A number of one kind of workload may be a text of another: then all of them are texts.
    """
    kinds: dict[str, set[type]] = {}
    for name, kind in names(protocol.params):
        kinds.setdefault(name, set()).add(kind if kind in (int, float, bool) else str)
    inputs = {name: _common(kind) for name, kind in kinds.items()}
    numbers = dict.fromkeys([*output_columns(protocol), *measured_columns(protocol)], float)
    texts = dict.fromkeys((TRIAL, ID, STATUS, REASON, DETAIL, DOUBTS, JVM_ARGS, FLAGS, JAR, HOSTS), str)
    ours = {**texts, REPEAT: int, WALL_S: float, **bottleneck.COLUMNS}
    return {**inputs, **numbers, columns.REQUESTS: int, **ours}


def _common(kinds: set[type]) -> type:
    if kinds == {int, float}:
        return float
    return next(iter(kinds)) if len(kinds) == 1 else str


def _as_frankenpaxos(value: Any) -> Any:
    return str(value) if isinstance(value, enum.Enum | timedelta) else value
