"""`--repeat until:2%`: repeats go to the point of which the throughput is known least, until all are known well."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fpray.driver.experiment import Experiment
from fpray.driver.option_texts import FEWEST, MOST_REPEATS
from fpray.driver.resume import WorkList, work_list
from fpray.errors import FprayError
from fpray.evidence.enough_repeats import widest
from fpray.files.printable import printable
from fpray.plan.plan import Trial
from fpray.plan.words import number_of
from fpray.protocol.params import flatten
from fpray.store.outcome import Outcome, Status
from fpray.store.suite import Suite
from fpray.study.order import Order
from fpray.study.source import ListSource


@dataclass
class _Point:
    """A point, with what its trials measured.

    Attributes:
        first: its first trial.
        asked: how many repeats it has, also those that still run or failed.
        running: trials of it that run, by id.
        numbers: trial -> what it measured, of those that finished.
    """

    first: Trial[Any]
    asked: int = 0
    running: set[str] = field(default_factory=set)
    numbers: dict[str, Mapping[str, float]] = field(default_factory=dict)
    width: float = math.inf


class RepeatsUntil:
    """A list of trials, FEWEST of each point, and then further repeats where the interval is widest.

    trials: those of the list; points: trials of the points to be known, among them; most: repeats of a point.
    half_width: how exactly the mean throughput is to be known, as a share of it.
    on_more: gets the number of all trials, whenever there is one more.
    """

    learns = False

    def __init__(
        self,
        source: ListSource,
        points: Sequence[Trial[Any]],
        half_width: float,
        most: int,
        on_more: Callable[[int], None],
    ) -> None:
        self._list, self._half_width, self._most, self._on_more = source, half_width, most, on_more
        self._points = {trial.params: _Point(trial) for trial in points if trial.repeat == 0}
        self._more: list[Trial[Any]] = []
        for trial in source.planned():
            if (point := self._points.get(trial.params)) is not None:
                point.asked = max(point.asked, trial.repeat + 1)

    def open(self, *, several_machines: bool) -> str:
        """Put the list in order."""
        return self._list.open(several_machines=several_machines)

    def ask(self) -> Trial[Any] | None:
        """The next trial of the list, then a repeat of the point that is known least of those that do not run."""
        trial = self._list.ask() or self._repeat()
        if trial is not None and (point := self._points.get(trial.params)) is not None:
            point.running.add(trial.id)
        return trial

    def tell(self, trial: Trial[Any], outcome: Outcome) -> None:
        """Learn what a trial measured. A lost one is known again when the same command runs it again."""
        if (point := self._points.get(trial.params)) is not None:
            point.running.discard(trial.id)
            if outcome.status is Status.FINISHED:
                point.numbers[trial.id] = outcome.numbers
                point.width = widest([*point.numbers.values()]) if len(point.numbers) >= FEWEST else math.inf

    def planned(self) -> Sequence[Trial[Any]]:
        """All that were asked for, and the rest of the list."""
        return [*self._list.planned(), *self._more]

    def representative_trials(self) -> Sequence[Trial[Any]]:
        """What is to run of the list; else a trial of each point that needs more."""
        return self._list.representative_trials() or [point.first for point in self._open_points()]

    def trial_limit(self) -> int:
        """The list, and as many repeats as each point that is not known well may still have."""
        return len(self.planned()) + sum(self._most - point.asked for point in self._open_points())

    def summary_line(self) -> str:
        """`4 of 6 points are known to 2 %`."""
        enough = sum(point.width <= self._half_width for point in self._points.values())
        return f"the throughput of {enough} of {number_of(len(self._points), 'point')} is known to {self._share}"

    def close(self) -> Sequence[str]:
        """How exactly each point is known, and which are not known as well as was asked for."""
        return list(self._last_words())

    @property
    def _share(self) -> str:
        return _percent(self._half_width)

    def _open_points(self) -> list[_Point]:
        """The points that may have more repeats, and are not known well."""
        return [point for point in self._points.values() if point.width > self._half_width and point.asked < self._most]

    def _repeat(self) -> Trial[Any] | None:
        """A further repeat; None where the repeats that run decide whether there is one."""
        idle = [point for point in self._open_points() if not point.running]
        if not idle:
            return None
        point = max(idle, key=lambda one: (one.width, -one.asked))
        trial = replace(point.first, repeat=point.asked)
        point.asked += 1
        self._more.append(trial)
        self._on_more(len(self.planned()))
        return trial

    def _last_words(self) -> Iterator[str]:
        finished = sum(len(point.numbers) for point in self._points.values())
        yield f"after {number_of(finished, 'finished trial')}, {self.summary_line()}"
        varied = _varied([point.first.params for point in self._points.values()])
        for point in self._points.values():
            if point.width > self._half_width:
                flat = flatten(point.first.params)
                name = ", ".join(f"{key}={printable(str(flat[key]))}" for key in varied) or "the only point"
                yield f"not known to {self._share}: {name}: {self._why(point)}"

    def _why(self, point: _Point) -> str:
        finished = number_of(len(point.numbers), "finished trial")
        if math.isinf(point.width):
            return f"it has {finished}, and {FEWEST} with a throughput are needed"
        more = f"--repeat-at-most allows {self._most}" if point.asked >= self._most else "the run has ended before"
        return f"known to {_percent(point.width)} after {finished}; {more}"


def until_known(
    experiment: Experiment, suite: Suite, work: WorkList, decide_order: Callable[[bool], Order] | None = None,
    on_more: Callable[[int], None] = lambda _: None,
) -> tuple[WorkList, RepeatsUntil]:  # fmt: skip
    """The work list with the further repeats that an earlier run began, and the source of all."""
    selection = experiment.selection
    assert selection.until is not None
    most = selection.repeat_at_most or MOST_REPEATS
    directories, ids = suite.directories(), {trial.id for trial in work.trials}
    firsts = [trial for trial in experiment.trials if trial.repeat == 0]
    every = [replace(trial, repeat=repeat) for trial in firsts for repeat in range(FEWEST, most)]
    earlier = [trial for trial in every if trial.id in directories and trial.id not in ids]
    work = replace(work, trials=[*work.trials, *earlier])
    done = {trial.id: trial for trial in work.trials if work.is_done(suite, trial)}
    waiting = [trial for trial in work.trials if trial.id not in done]
    first_ones = ListSource(work.trials, waiting, decide_order)
    repeats = RepeatsUntil(first_ones, firsts, selection.until, most, on_more)
    for trial in done.values():
        if (outcome := directories[trial.id].outcome()) is not None:
            repeats.tell(trial, outcome)
    return work, repeats


def lacks_repeats(suite: Suite, experiment: Experiment) -> bool:
    """Whether a suite that the same command made has anything left to run."""
    try:
        work = work_list(suite, experiment)
    except FprayError:  # its study or protocol is gone or has changed: it cannot be continued
        return False
    return bool(until_known(experiment, suite, work)[1].representative_trials())


def _varied(params: Sequence[Any]) -> list[str]:
    """The parameters that tell points apart."""
    flat = [flatten(one) for one in params]
    names = dict.fromkeys(name for one in flat for name in one)
    return [name for name in names if len({repr(one.get(name)) for one in flat}) > 1]


def _percent(share: float) -> str:
    return f"{share * 100:.2g} %"
