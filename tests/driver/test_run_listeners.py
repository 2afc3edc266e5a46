"""What a notice says of the run: the listener counts trials, and expects their ends, by the events that it hears."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, cast

from fpray.driver.notify import Notifier
from fpray.driver.run_listeners import Notify
from fpray.errors import Cause, FprayError
from fpray.plan.estimate import planned_seconds
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome, Reason, Status
from fpray.store.trial_directory import TrialDirectory
from fpray.study.registry import find_protocol
from fpray.study.source import ListSource

PROTOCOL = find_protocol("unreplicated")
SHORT, LONGER, LAST = (
    Trial(PROTOCOL, dataclasses.replace(PROTOCOL.params(), num_clients_per_proc=count)) for count in (1, 2, 3)
)
CRASHED = Outcome(Status.CRASHED, "it crashed", Reason.SYSTEM_UNDER_TEST)
LOST = Outcome(Status.LOST, "machine gone", Reason.INFRASTRUCTURE)


class Calls:
    """In place of a notifier: what is asked of it."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def tell(self, event: str, sentence: str, **more: Any) -> None:
        self.calls.append((event, sentence, more))

    def expect(self, planned_s: float, **more: Any) -> None:
        self.calls.append((planned_s, more))


def test_a_notice_has_the_numbers_of_trials() -> None:
    calls, trials = Calls(), [SHORT, LONGER, LAST]
    listener = Notify(cast(Notifier, calls), ListSource(trials, trials))
    first, second, third = (TrialDirectory(Path(f"00{number}")) for number in (1, 2, 3))
    listener.on_resume(SHORT, first, Outcome(Status.FINISHED))
    listener.on_start(LONGER, second)
    listener.on_start(LAST, third)
    listener.on_end(LONGER, second, CRASHED)
    listener.on_mostly_failed("most trials fail")
    listener.on_end(LAST, third, LOST)
    listener.on_failure(error := FprayError("it is over", Cause.RAY_LOSS))
    counts = [{"done": done, "total": 3, "failed": failed} for done, failed in ((1, 0), (2, 1))]
    planned_s = planned_seconds(LAST)
    assert planned_s > 0
    assert calls.calls == [
        (planned_s, counts[0]),
        (planned_s, counts[0]),
        (planned_s, counts[1]),
        ("mostly-failed", "most trials fail", counts[1]),
        (0.0, counts[1]),
        ("failed", str(error), {**counts[1], "exit_code": 1}),
    ]
