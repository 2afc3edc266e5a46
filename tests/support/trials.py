"""One trial on fake machines: without Ray and without Java."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import Any

from fpray.cluster.allocator import Allocator
from fpray.cluster.calls import Unanswered
from fpray.driver.instruments import usual_instruments
from fpray.jar.find import Jar
from fpray.plan.cluster import Cluster
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome
from fpray.store.trial_directory import TrialDirectory
from fpray.study.registry import find_protocol
from fpray.testing.fake_agent import Answer
from fpray.testing.fake_machines import FakeMachines
from fpray.trial.context import TrialContext
from fpray.trial.instruments import Instrument
from fpray.trial.run import run_trial
from tests.support.patience import LONG


def a_trial(protocol: str = "unreplicated", **params: Any) -> Trial[Any]:
    """A trial of one second without warm-up."""
    second, none = timedelta(seconds=1), timedelta(0)
    declaration = find_protocol(protocol)
    return Trial(
        declaration, declaration.params(**{"warmup_duration": none, "duration": second, "timeout": second, **params})
    )


def clients_run_until(event: threading.Event) -> Answer:
    """In place of `wait_exit`: clients run until the event, and everything else for ever."""
    return lambda role, *_: ended(event) if role == "client" else Future()


def ended(event: threading.Event) -> Future[None]:
    """The answer of `wait_exit` about processes that end as they should with an event."""
    exited: Future[None] = Future()

    def end() -> None:
        if event.wait(LONG):
            exited.set_result(None)

    threading.Thread(target=end, daemon=True).start()
    return exited


def run(
    directory: Path,
    machines: FakeMachines,
    trial: Trial[Any] | None = None,
    measuring: Sequence[str] | None = None,
    instruments: Sequence[Instrument] = (),
    **more: Any,
) -> Outcome:
    """Run a trial on all of the machines, or on those that are named; more: of its context.

    instruments: beside the usual ones.
    """
    trial = trial or a_trial()
    allocator = Allocator(Cluster(tuple(measuring or machines.by_host())))
    allocation = allocator.allocate(trial)
    assert allocation is not None
    jar = Jar(Path("/no.jar"), "0" * 64, "0", reference=False)
    joined = [*usual_instruments({"prometheus": "prometheus"}, [trial]), *instruments]
    context = TrialContext(allocator, machines, jar, "java", allocation=allocation, instruments=joined, **more)
    path = directory / "suite" / "001"
    path.mkdir(parents=True)
    return run_trial(trial, TrialDirectory(path), context)


def actor_gone(*_: object) -> Exception:
    """In place of any call: what a call comes to when the actor has died."""
    return Unanswered("The actor died unexpectedly before finishing this task.")
