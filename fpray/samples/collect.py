"""Collects what the role actors of a trial have sampled, when it is over, and writes it; what is missing is a note."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fpray.errors import Lost, first_line
from fpray.files import layout
from fpray.samples import table
from fpray.store.outcome import Status
from fpray.trial.instruments import RunningTrial
from fpray.trial.shield import NO_HARM

if TYPE_CHECKING:
    from fpray.node.agent import Call
    from fpray.node.sampling.rows import Samples

_ASK_S = 15.0  # for all agents together
# Such a trial waits for nothing any more: a machine may be gone, and the processes that live must end at once.
_NO_WAIT = (Status.LOST, Status.INTERRUPTED, Status.FAILED)


def collect_samples(trial: RunningTrial, agents: Sequence[tuple[str, str]]) -> list[str]:
    """Write machines.parquet into the directory of a trial; notes of what is missing.

    agents: (role, host) of those that sample.
    """
    if not agents or (trial.outcome is not None and trial.outcome.status in _NO_WAIT):
        return []
    parts, notes = _ask(trial, agents)
    if parts:
        of_agents = [(f"{role} on machine {host}", samples.notes) for role, host, samples in parts]
        notes += [f"{layout.MACHINES}, {where}: {note} {NO_HARM}" for where, texts in of_agents for note in texts]
        notes += _write(trial, parts)
    return notes


def _ask(trial: RunningTrial, agents: Sequence[tuple[str, str]]) -> tuple[list[table.Part], list[str]]:
    """What the agents have read, and notes about those that do not answer; all of them are asked at once."""
    calls: dict[Call[Samples | None], tuple[str, str]] = {}
    parts: list[table.Part] = []
    missing: dict[str, Lost] = {}
    for role, host in agents:
        try:
            calls[trial.agent(role, host).processes.samples()] = (role, host)
        except Lost as lost:
            missing[host] = lost
    until = time.monotonic() + _ASK_S
    for call, (role, host) in calls.items():
        if host in missing or time.monotonic() > until:  # its answers have been waited for
            continue
        try:
            answers = trial.ask({call: f"{role} on {host}"})
            parts += [(role, host, samples) for _, samples in answers if samples is not None]
        except Lost as lost:
            missing[host] = lost
    notes = [f"{layout.MACHINES} lacks samples of machine {host}: {lost} {NO_HARM}" for host, lost in missing.items()]
    return parts, notes


def _write(trial: RunningTrial, parts: Sequence[table.Part]) -> list[str]:
    """Write the table; a note if that is not possible."""
    try:
        table.write_table(trial.directory.file(layout.MACHINES), parts)
    except OSError as error:
        return [
            f"{layout.MACHINES} was not written: {first_line(error)} {NO_HARM}. Free disk space, or correct the cause"
        ]
    return []
