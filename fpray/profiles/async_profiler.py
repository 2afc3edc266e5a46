"""async-profiler in the JVMs of a trial: how it is loaded, and what it writes."""

from __future__ import annotations

import contextlib
from typing import Final

from fpray.errors import Lost
from fpray.files import layout
from fpray.profiles.flight_recorder import DEPTH, PERIOD_MS
from fpray.trial.instruments import RunningTrial
from fpray.trial.plan_facts import by_agent, labels_of

CALLS: Final = "calls"  # in a trial's memory: the orders to load it -> `ROLE on HOST`
# The CPU time of threads by perf events, which a machine may forbid; else by timers, which every machine has.
_EVENTS: Final = ("cpu", "itimer")


def load(trial: RunningTrial, library: str) -> None:
    """Order that the library be loaded into every JVM of the protocol, as soon as the clients listen."""
    assert trial.plan is not None
    trial.await_clients()
    processes = [process for process in trial.plan.processes if process.kind != "sidecar"]
    calls = trial.memory.setdefault(CALLS, {})
    with contextlib.suppress(Lost):  # the trial itself notices
        for (role, host), own in by_agent(processes).items():
            options = {label: _options(label) for label in labels_of(own)}
            call = trial.agent(role, host).processes.load_agent(labels_of(own), library, options)
            calls[call] = f"{role} on {host}"


def refusals(trial: RunningTrial) -> dict[str, str]:
    """Label -> why the library was not loaded into its JVM, as far as it is known at the end of a trial."""
    reasons: dict[str, str] = {}
    with contextlib.suppress(Lost):
        for _, own in trial.ask(trial.memory.get(CALLS, {})):
            reasons.update(own)
    return reasons


def _options(label: str) -> list[str]:
    """What the profiler is told, for each kind of event: the file is in the JVM's own directory.

    The names are those of `arguments.cpp` of async-profiler, 2.0 and later.
    """
    more = f"interval={PERIOD_MS}ms,jstackdepth={DEPTH},file={layout.recording_file(label)}"
    return [f"start,event={event},{more}" for event in _EVENTS]
