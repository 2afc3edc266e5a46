"""The columns of a suite's results: the inputs of a trial, its numbers, and what else is known of it."""

from __future__ import annotations

import enum
from datetime import timedelta
from typing import Any, Final

from fpray.protocol.params import flatten
from fpray.protocol.protocol import Protocol
from fpray.recorder import columns

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


def _as_frankenpaxos(value: Any) -> Any:
    return str(value) if isinstance(value, enum.Enum | timedelta) else value
