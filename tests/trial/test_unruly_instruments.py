"""Whatever an instrument raises is a note: in each of its methods, in its work, and where it waits too long."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from fpray.cluster.cancellation import Cancellation
from fpray.plan.cluster import Cluster
from fpray.plan.command_line import Paths
from fpray.plan.plan import build_plan
from fpray.store.outcome import Outcome, Reason, Status
from fpray.testing.fake_machines import FakeMachines
from fpray.trial.extension import extend_for_show
from fpray.trial.instruments import Findings, Instrument, RunningTrial, beside
from fpray.trial.shield import NO_HARM
from tests.support.meter import Meter
from tests.support.trials import a_trial, run

AT_ONCE_S = 30.0  # half of the time for which an instrument's work is waited for


class _Odd(BaseException):
    """Neither an Exception nor one of Python's own, and it cannot even be shown."""

    def __str__(self) -> str:
        raise SystemExit


ERRORS = [KeyboardInterrupt(), KeyboardInterrupt("x"), SystemExit(3), asyncio.CancelledError(), GeneratorExit(), _Odd()]
ERRORS += [ExceptionGroup("several", [ValueError("a")])]
every_error = pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)


def _failures(outcome: Outcome) -> list[str]:
    return [note for note in outcome.notes if note.startswith("instrument")]


class _Acting(Instrument):
    """Does what a test says before its clients start, in its work and after them."""

    name = "acting"

    def __init__(
        self,
        before: Callable[[RunningTrial], object] = id,
        work: Callable[[RunningTrial], object] = RunningTrial.await_clients,
        after: Callable[[RunningTrial], object] = id,
    ) -> None:
        self._before, self._work, self._after = before, work, after

    @contextlib.contextmanager
    def during(self, trial: RunningTrial) -> Iterator[None]:
        def work() -> None:
            self._work(trial)

        with beside(work):
            self._before(trial)
            yield
            self._after(trial)


def _raises(error: BaseException) -> Callable[[RunningTrial], object]:
    def fail(_trial: RunningTrial) -> object:
        raise error

    return fail


@every_error
@pytest.mark.parametrize("method", ["extend", "during", "evidence", "findings"])
def test_whatever_a_method_raises_is_a_note(method: str, error: BaseException, tmp_path: Path) -> None:
    """And every other instrument is called all the same."""
    unruly, meter = Meter(), Meter()
    unruly.name, unruly.raises, unruly.error = "unruly", method, error
    outcome = run(tmp_path, FakeMachines(["a"]), instruments=[unruly, meter])
    assert (outcome.status, outcome.reason) == (Status.FINISHED, Reason.NONE)
    (note,) = (note for note in _failures(outcome) if "unruly" in note)
    assert note.startswith(f"instrument unruly: its Python method {method}() failed with {type(error).__name__}")
    assert note.endswith(NO_HARM)
    assert "metered to its end: finished" in outcome.notes


@every_error
@pytest.mark.parametrize("when", ["before", "work", "after"])
def test_whatever_is_raised_around_the_clients_is_a_note(when: str, error: BaseException, tmp_path: Path) -> None:
    begin = time.monotonic()
    acting = _Acting(**{when: _raises(error)})
    outcome = run(tmp_path, FakeMachines(["a"]), instruments=[_Acting(), acting, _Acting()])
    assert outcome.status is Status.FINISHED
    (note,) = _failures(outcome)
    kind = type(error).__name__
    assert note.startswith(f"instrument acting: its Python method during() failed with {kind}")
    assert time.monotonic() - begin < AT_ONCE_S, "work that waits for the clients is not waited for"


@pytest.mark.parametrize(
    "wait",
    [
        lambda trial: trial.sleep(1000),
        lambda trial: trial.await_clients(),
        lambda trial: list(trial.wait({trial.agent("client", "a").processes.wait_exit(["server"], None): "a"})),
    ],
    ids=["sleep", "await_clients", "wait"],
)
def test_a_wait_after_the_clients_ends_quietly(wait: Callable[[RunningTrial], object], tmp_path: Path) -> None:
    outcome = run(tmp_path, FakeMachines(["a"]), instruments=[_Acting(after=wait), Meter()])
    assert (outcome.status, outcome.notes) == (Status.FINISHED, ["metered to its end: finished"])


def test_what_its_work_raised_is_a_note_also_where_a_wait_ends_it(tmp_path: Path) -> None:
    acting = _Acting(work=_raises(ValueError("no work")), after=lambda trial: trial.sleep(1000))
    outcome = run(tmp_path, FakeMachines(["a"]), instruments=[acting])
    failed = "instrument acting: its Python method during() failed with ValueError: no work"
    assert (outcome.status, outcome.notes) == (Status.FINISHED, [f"{failed} {NO_HARM}"])


def test_the_answers_to_a_question_still_come_after_the_clients(tmp_path: Path) -> None:
    answers: list[Any] = []

    def ask(trial: RunningTrial) -> None:
        answers.extend(trial.ask({trial.agent("server", "a").files.read_piece("/no/file", 0): "a"}))

    assert run(tmp_path, FakeMachines(["a"]), instruments=[_Acting(after=ask)]).notes == []
    assert [answer for _, answer in answers] == [b""]


@pytest.mark.parametrize("answers", [{}, {"inspect": lambda *_: MemoryError()}], ids=["finished", "never began"])
def test_a_wait_in_findings_says_that_nothing_is_waited_for(answers: Any, tmp_path: Path) -> None:
    """Also where the trial ended before there were clients."""

    class Late(Instrument):
        name = "late"

        def findings(self, trial: RunningTrial) -> Findings:
            trial.sleep(1000)
            return Findings()

    outcome = run(tmp_path, FakeMachines(["a"], **answers), instruments=[Late()])
    (note,) = _failures(outcome)
    assert (
        "findings() failed with ClientsEnded: the clients have ended, so the trial's methods `wait`, `sleep` " in note
    )


@pytest.mark.parametrize("when", ["before", "work", "after"])
def test_the_users_interrupt_is_no_failure_of_an_instrument(when: str, tmp_path: Path) -> None:
    """It cancels the sweep while the instruments are entered, or act: the trial is interrupted at once."""
    cancellation, begin = Cancellation(), time.monotonic()
    working = threading.Event()

    def interrupt(trial: RunningTrial) -> None:
        cancellation.cancel()
        working.set()
        trial.sleep(1000)

    def wait_exit(role: str, *_: object) -> Any:
        """Clients end by themselves only where the interrupt comes after them."""
        return None if role == "client" and when == "after" else Future()

    instruments = [_Acting(), _Acting(**{when: interrupt}), _Acting()]
    machines = FakeMachines(["a"], wait_exit=wait_exit)
    outcome = run(tmp_path, machines, instruments=instruments, cancellation=cancellation)
    assert working.is_set()
    assert (outcome.status, outcome.reason, outcome.notes) == (Status.INTERRUPTED, Reason.USER, [])
    assert machines.called("unlock")
    assert time.monotonic() - begin < AT_ONCE_S


def test_ctrl_c_while_a_plan_is_shown_is_the_users() -> None:
    """`fpray plan` extends plans in the main thread, where Ctrl-C comes as an exception."""
    meter = Meter()
    meter.raises, meter.error = "extend", KeyboardInterrupt()
    trial = a_trial()
    plan = build_plan(trial, Cluster(), paths=Paths())
    with pytest.raises(KeyboardInterrupt):
        extend_for_show(plan, trial, Cluster(), Paths(), [meter])
