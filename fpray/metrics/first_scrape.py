"""Waiting for the first scrape: a Prometheus server begins to scrape 5 s after its start, however early that was."""

from __future__ import annotations

import contextlib
import time

from fpray.errors import Lost
from fpray.files import layout
from fpray.trial.instruments import RunningTrial

# Its discovery of targets sends the first ones when its ticker of 5 s does (Prometheus 2 and 3).
_LONGEST_S, _PAUSE_S = 20.0, 0.1


def await_first_scrape(trial: RunningTrial) -> None:
    """Back when the server has written its first samples, or will not: it has ended, or takes too long.

    Samples are in its log (`wal/`) as soon as they are scraped. The file is looked at, because the server answers
    on its own machine only.
    """
    assert trial.plan is not None
    server = next((process for process in trial.plan.processes if process.label == layout.PROMETHEUS), None)
    if server is None:
        return
    log, until = f"{server.directory}/{layout.PROMETHEUS_DATA}/wal/00000000", time.monotonic() + _LONGEST_S
    with contextlib.suppress(Lost, KeyError):  # it did not start: there is a note already
        agent, where = trial.agent(server.role, server.host), f"{server.role} on {server.host}"
        while time.monotonic() < until:
            ((_, has_samples),) = trial.ask({agent.files.read_piece(log, 0): where})
            ((_, end),) = trial.ask({agent.processes.wait_exit([server.label], 0.0): where})
            if has_samples or end is None or end.kind != "deadline":
                return
            trial.sleep(_PAUSE_S)
