"""What the steps of a trial read from its plan and its parameters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from fpray.files.layout import data_file
from fpray.plan.plan import Process, Trial


def by_agent(processes: Collection[Process]) -> dict[tuple[str, str], list[Process]]:
    """(role, host) -> the processes that its agent starts, watches and stops."""
    groups: dict[tuple[str, str], list[Process]] = {}
    for process in processes:
        groups.setdefault((process.role, process.host), []).append(process)
    return groups


def labels_of(processes: Sequence[Process]) -> list[str]:
    """The labels of processes."""
    return [process.label for process in processes]


def rows_file(client: Process) -> str:
    """The path of a client's recorder file, on its machine."""
    return f"{client.directory}/{data_file(client.label)}"


def seconds_of(params: Any, name: str) -> float:
    """A parameter that is a duration, in seconds; 0 where there is no such parameter."""
    return float(getattr(params, name, timedelta(0)).total_seconds())


def warmup_s(params: Any) -> float:
    """Seconds from the clients' start until they measure."""
    return seconds_of(params, "warmup_duration") + seconds_of(params, "warmup_sleep")


def recorded_warmup_s(trial: Trial[Any]) -> float:
    """Seconds of warm-up at the beginning of the clients' rows."""
    return warmup_s(trial.params) if trial.protocol.records_warmup else 0.0
