"""What a trial will need, estimated: processes, seconds, and bytes on disk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from fpray.plan.plan import Trial

# A row of a recorder file takes 75 to 85 bytes. More loops than this make a client no faster, only slower to answer.
_BYTES_PER_ROW, _EFFECTIVE_LOOPS = 85, 30
_BYTES_PER_PROCESS = 100_000
_BYTES_PER_PROFILE = 1_000_000  # of a process: its recording, its stacks, its share of a flame graph
# A JVM's start, from exec to listening, on a core of its own; and the seconds of a trial beyond its schedule and its
# JVMs' starts.
_JVM_START_S, _OVERHEAD_S = 0.25, 0.6


def process_count(trial: Trial[Any]) -> int:
    """How many processes a trial starts."""
    return trial.size


def processes_each(trials: Iterable[Trial[Any]]) -> str:
    """`15 to 23 processes each`: the fewest and the most processes of a trial."""
    counts = [process_count(trial) for trial in trials] or [0]
    return f"{' to '.join(dict.fromkeys((str(min(counts)), str(max(counts)))))} processes each"


def planned_seconds(trial: Trial[Any], cores: int = 2) -> float:
    """About how long a trial takes: its schedule, the starts of its JVMs on so many cores, and the client's exit."""
    parts = ("client_lag", "warmup_duration", "warmup_sleep", "duration")
    scheduled = sum((getattr(trial.params, name, timedelta(0)) for name in parts), start=timedelta(0))
    return scheduled.total_seconds() + _JVM_START_S * process_count(trial) / max(1, cores) + _OVERHEAD_S


def planned_bytes(trial: Trial[Any]) -> int:
    """About how much disk a trial takes at most: rows, twice (CSV and Parquet), logs, and profiles."""
    p = trial.params
    loops = min(trial.protocol.loops(p), _EFFECTIVE_LOOPS)
    rows = loops * trial.protocol.fastest_loop * p.duration.total_seconds() * p.num_client_procs
    group_size = max(1, getattr(p, "measurement_group_size", 1))
    per_process = _BYTES_PER_PROCESS + (_BYTES_PER_PROFILE if p.profiled else 0)
    return int(1.5 * rows / group_size * _BYTES_PER_ROW) + process_count(trial) * per_process
