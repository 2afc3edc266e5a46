"""What a remote call comes to: its value, the error of the agent, or a machine that is lost."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from fpray.cluster.calls import gather
from fpray.cluster.cancellation import Cancellation
from fpray.errors import Cause, FprayError, Lost
from fpray.testing.fake_agent import FakeCall
from tests.support.trials import actor_gone


def _one(answer: Any, **more: Any) -> Any:
    ((_, value),) = gather([FakeCall(answer)], 5, lambda _: "client on 10.0.0.9", **more)
    return value


def test_values_come_as_calls_end() -> None:
    late: Future[int] = Future()
    calls = [FakeCall(late), FakeCall(2)]
    values = []
    for call, value in gather(calls, 5):
        values.append((call, value))
        if not late.done():
            late.set_result(1)
    assert values == [(calls[1], 2), (calls[0], 1)]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (actor_gone, "fpray's own process for client on 10.0.0.9 (a Ray actor) does not answer: "),
        (lambda: Lost("/disk cannot be written"), "machine 10.0.0.9: /disk cannot be written"),
        (lambda: Lost("the role actor is gone", ["10.0.0.9"]), "the role actor is gone"),
    ],
)
def test_a_machine_that_is_lost_is_named(error: Callable[[], Exception], text: str) -> None:
    with pytest.raises(Lost) as lost:
        _one(error())
    assert str(lost.value).startswith(text)
    assert lost.value.hosts == ("10.0.0.9",)


def test_an_error_of_the_agent_is_raised_as_it_is() -> None:
    with pytest.raises(FprayError, match="the jar has changed"):
        _one(FprayError("the jar has changed", Cause.CHANGED_JAR))


def test_no_answer_by_the_deadline_is_a_loss() -> None:
    with pytest.raises(Lost, match=r"no answer from client on 10\.0\.0\.9 within 0 s") as lost:
        list(gather([FakeCall(Future())], 0.05, lambda _: "client on 10.0.0.9"))
    assert lost.value.hosts == ("10.0.0.9",)


def test_a_cancellation_interrupts_a_wait() -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(KeyboardInterrupt):
        _one(Future(), cancellation=cancellation)


def test_an_answer_is_freed_as_soon_as_its_caller_drops_it() -> None:
    """It may be the rows of a client: a circle of values would hold them until Python looks for circles."""

    class Rows:
        pass

    gc.disable()
    try:
        late: Future[Rows] = Future()
        answers = gather([FakeCall(late), FakeCall(1)], 5)
        next(answers)
        late.set_result(Rows())  # only now: an answer that is there already calls nothing back
        (answer,) = (weakref.ref(rows) for _, rows in answers)
        del late
        assert answer() is None
    finally:
        gc.enable()
