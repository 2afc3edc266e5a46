"""What a search asks next: fpray trials over an Optuna study, repeats of equal points, confirmations, and the end."""

from __future__ import annotations

import contextlib
import json
import math
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import distribution_to_json, json_to_distribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from fpray.errors import FprayError
from fpray.files import layout
from fpray.files.atomic import read_json, write_json
from fpray.peak_sampler.distributions import size
from fpray.plan.plan import Trial, planned_seconds
from fpray.protocol import params as param_values
from fpray.searching.messages import answer_json, standing_line
from fpray.searching.recommendation import Answer, answer
from fpray.searching.request import SearchProblem
from fpray.searching.sampler_factory import LISTING, Wanted, grid_of, lasts, make_sampler
from fpray.searching.storage import reachable
from fpray.store.outcome import Outcome, Status
from fpray.store.suite import Suite

# A trial that did not finish, as Optuna's samplers digest it best: complete, with the worst value there is, and each
# bound exceeded by ten times its limit. One that is told as failed would be forgotten, and asked for again.
FAILED_EXCESS = 10.0
_MOST_REFUSED = 200  # points in a row that the protocol refuses
_ENOUGH_TO_KNOW = 3  # finished trials without a column that a goal or bound needs


class SearchSource:
    """A `TrialSource` over an Optuna study; all that it knows is in the study and in the suite."""

    def __init__(
        self,
        quest: SearchProblem,
        suite: Suite,
        study: optuna.Study,
        sampler: str,
        seed: int,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._quest, self._suite, self._study, self._clock = quest, suite, study, clock
        self._told_at: float | None = None  # by the clock, of this run
        self._sampler = sampler
        self._allowed = quest.allows if quest.picky else None
        self._wanted = Wanted(quest.goals, quest.bounds, quest.loops, self._allowed, quest.space, seed)
        with _quietly():
            self._lasting = make_sampler(sampler, self._wanted, 0) if lasts(sampler) else None
        self._pending: list[optuna.Trial] = []  # asked in an earlier run, not told
        self._asked: dict[str, optuna.Trial] = {}  # fpray trial -> Optuna's, under way
        self._known: dict[str, Trial[Any]] = {}
        self._points: dict[str, Any] = read_json(suite.path / layout.POINTS) or {}
        self._repeats: dict[str, int] = {}  # configuration -> the next repeat of it
        self._answer: Answer | None = None
        self.ended = ""  # why there is nothing to ask any more
        with self._careful():
            self._catch_up()

    # -- fpray.study.Asker

    def ask(self) -> Trial[Any] | None:
        """The next trial: one of an earlier run that was not told, a confirmation, or what the sampler chooses."""
        with self._careful():
            for _ in range(_MOST_REFUSED):
                if self._pending:
                    chosen = self._pending.pop(0)
                elif (ended := self._over()) is not None:
                    self.ended = ended if not self._asked else ""  # what runs, or was lost, may still change that
                    return None
                else:
                    chosen = self._choose()
                if (trial := self._as_trial(chosen)) is not None:
                    return trial
        self.ended = f"{_MOST_REFUSED} points in a row were none that {self._quest.protocol.name} takes"
        return None

    def tell(self, trial: Trial[Any], outcome: Outcome) -> None:
        """Tell the Optuna study how a trial ended, and keep the answer so far."""
        if not outcome.status.final:
            return  # lost: it runs again with the next command, and stays asked until then
        with self._careful():
            since_s = math.inf if self._told_at is None else self._clock() - self._told_at
            self._tell(self._asked.pop(trial.id), outcome, since_s)
            self._told_at = self._clock()
        self.keep_answer()

    def planned(self) -> Sequence[Trial[Any]]:
        """The trials that were asked for so far."""
        return list(self._known.values())

    def ahead(self) -> Sequence[Trial[Any]]:
        """Trials at the ends of the space, the largest there are: what is asked next is the like of them."""
        with self._careful():
            if not self._pending and self._over() is not None:
                return []
        found = (self._quest.params(point) for point in self._quest.corners())
        trials = [Trial(self._quest.protocol, params) for params, problems in found if not problems]
        return list({trial.id: trial for trial in trials}.values())

    def most(self) -> int:
        """How many trials the budget allows, in all."""
        with self._careful():
            under_way = len(self._ended_trials()) + len(self._asked)
            return max(len(self._known), under_way + (0 if self.ended else self._left()))

    def standing(self) -> str:
        """The best so far, in a sentence."""
        with self._careful():
            return standing_line(self._quest, self.answer(), self._left()) if self._ended_trials() else ""

    # -- what is known

    def answer(self) -> Answer:
        """What the trials so far say."""
        if self._answer is None:
            quest = self._quest
            with self._careful():
                self._answer = answer(
                    self._study.get_trials(deepcopy=False), quest.goals, quest.bounds, quest.loops, self._allowed
                )
        return self._answer

    def keep_answer(self) -> Sequence[str]:
        """Write the answer so far into the suite; returns its sentences."""
        with self._careful():
            content = answer_json(self._quest, self.answer(), self.ended, self._left())
        with contextlib.suppress(OSError):  # a full disk: the answer is made of outcomes, and these are kept
            write_json(self._suite.path / layout.RECOMMENDATION, content)
        sentences: Sequence[str] = content["sentences"]
        return sentences

    @contextlib.contextmanager
    def _careful(self) -> Iterator[None]:
        """Without Optuna's remarks; a study that is gone ends the search in a sentence."""
        with _quietly(), reachable(self._suite.path.name):
            yield

    def _ended_trials(self) -> list[FrozenTrial]:
        """The Optuna trials that are told and were run."""
        trials = self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.FAIL))
        return [t for t in trials if t.user_attrs.get("fpray_trial")]

    def _left(self) -> int:
        """How many more trials the budget allows, those under way not counted."""
        limits, ended = self._quest.limits, self._ended_trials()
        left = limits.trials - len(ended) - len(self._asked)
        budgets_s = [] if limits.minutes is None else [60 * limits.minutes]
        if limits.dollars is not None and limits.price_per_machine_hour is not None:
            budgets_s.append(3600 * limits.dollars / limits.price_per_machine_hour / self._machines())
        if not budgets_s:
            return left
        spent_s, each_s, alone_s = self._time(ended)
        room_s = min(budgets_s) - spent_s
        under_way_s = min(alone_s, self._clock() - (self._told_at or self._clock())) if self._asked else 0.0
        if room_s - under_way_s < alone_s:
            return min(left, 0)
        return min(left, math.floor(room_s / max(each_s, 1e-9)) - len(self._asked))

    def _time(self, ended: Sequence[FrozenTrial]) -> tuple[float, float, float]:
        """Seconds: what trials have taken, those side by side counted once; one on average; and one by itself."""
        if not ended:
            planned = planned_seconds(Trial(self._quest.protocol, self._quest.start))
            return 0.0, planned, planned
        alone_s = [float(t.user_attrs.get("wall_s") or 0.0) for t in ended]
        spent_s = [float(t.user_attrs.get("spent_s", alone)) for t, alone in zip(ended, alone_s, strict=True)]
        return sum(spent_s), sum(spent_s) / len(ended), sum(alone_s) / len(ended)

    def _spent(self) -> str:
        limits, trials = self._quest.limits, len(self._known)
        if trials >= limits.trials:
            return f"the budget of {limits.trials} trial{'s' if limits.trials != 1 else ''} is spent"
        given = f"{limits.minutes:g} minutes" if limits.minutes is not None else ""
        if limits.dollars is not None:
            given += f"{' or ' if given else ''}{limits.dollars:g} dollars"
        return f"the budget of {given} leaves no room for another trial"

    def _machines(self) -> int:
        return max(1, len(self._suite.record.last_run.get("machines", {})))

    def _unconfirmed(self) -> Mapping[str, Any] | None:
        """The point of the best configuration, where it has not run often enough yet; of a front, none is the best."""
        best = self.answer().best if len(self._quest.goals) == 1 else None
        if best is None:
            return None
        whole: Mapping[str, Any] = self._study.get_trials(deepcopy=False)[best.trials[0]].params
        return whole if self._missing(whole) > 0 else None

    def _missing(self, point: Mapping[str, Any]) -> int:
        """How many more runs of a point there must be until it counts as confirmed."""
        finished = [t for t in self._ended_trials() if t.user_attrs.get("status") == Status.FINISHED.value]
        runs = sum(t.params == point for t in [*finished, *self._asked.values()])
        return self._quest.limits.confirm - runs

    def _settled(self) -> bool:
        """Whether no gain is likely any more that is worth a trial."""
        share = self._quest.limits.stop_at
        return share > 0 and bool(self._ended_trials()) and self.answer().likely_gain < share

    def _exhausted(self) -> bool:
        """Whether a sampler that lists all points has come to the end of its list."""
        if self._sampler not in LISTING or self._quest.space is None:
            return False
        listed = grid_of(self._quest.space).values() if self._sampler == "grid" else ()
        many = math.prod(map(len, listed)) if listed else math.prod(map(size, self._quest.space.values()))
        trials = self._study.get_trials(deepcopy=False)
        return len({json.dumps(t.params, sort_keys=True) for t in trials}) >= many

    def _over(self) -> str | None:
        """Why there is nothing to ask any more; None while there is."""
        if self._left() <= 0:
            return self._spent()
        ended = [t for t in self._ended_trials() if t.user_attrs.get("status") == Status.FINISHED.value]
        for column in self._quest.columns:
            if len(ended) >= _ENOUGH_TO_KNOW and all(t.user_attrs["metrics"].get(column) is None for t in ended):
                return f"{column} has no value in any of {len(ended)} finished trials: docs/measuring.md says when"
        if (self._settled() or self._exhausted()) and self._unconfirmed() is None:
            if self._settled():
                if self.answer().best is None:
                    return "no point is likely to keep the bounds any more"
                return f"no gain above {100 * self._quest.limits.stop_at:g} % is likely any more"
            return "every point was tried"
        return None

    # -- the Optuna study

    def _catch_up(self) -> None:
        """Read what earlier runs have asked; tell what has ended since; note what is still to be run."""
        directories = self._suite.directories()
        for frozen in self._study.get_trials():
            if "fpray_trial" in frozen.user_attrs:
                self._note_repeat(frozen.user_attrs["configuration"], frozen.user_attrs["repeat"])
        for directory in directories.values():
            if content := directory.trial():
                trial = self._read(content)
                self._known[trial.id] = trial
                self._note_repeat(_configuration(trial), trial.repeat)
        in_study = {t.user_attrs.get("fpray_trial") for t in self._study.get_trials(deepcopy=False)}
        for identity in (directories.keys() & self._known.keys()) - in_study:  # not those of an older fpray
            self._restore(self._known[identity])
        running = self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        ended = []
        for frozen in sorted(running, key=lambda t: (str(t.user_attrs.get("number", "~")), t.number)):
            self._use_sampler(frozen.number)
            asked = optuna.Trial(self._study, frozen._trial_id)
            own = directories.get(frozen.user_attrs.get("fpray_trial", ""))
            outcome = own.outcome() if own is not None else None
            if own is None or outcome is None:
                self._pending.append(asked)
            else:
                ended.append((own.ended_ns() / 1e9, asked, outcome))
        before_s = -math.inf
        for at_s, asked, outcome in sorted(ended, key=lambda each: each[0]):
            self._use_sampler(asked.number)
            self._tell(asked, outcome, at_s - before_s)
            before_s = at_s
        if ended:
            self.keep_answer()

    def _restore(self, trial: Trial[Any]) -> None:
        """Put a trial that the suite has into a study that has it not (memory, or a database that was lost)."""
        known = self._points.get(trial.id)
        if known is None:
            return  # of another search, or a point that cannot be told any more: its results stay in the suite
        params, distributions = known["params"], known["distributions"]
        frozen = create_trial(
            state=TrialState.RUNNING,
            params=params,
            distributions={name: json_to_distribution(text) for name, text in distributions.items()},
            user_attrs=self._attributes(trial),
        )
        self._study.add_trial(frozen)

    def _read(self, content: Mapping[str, Any]) -> Trial[Any]:
        protocol = self._quest.protocol
        return Trial(protocol, param_values.from_json(protocol.params, content["params"]), content["repeat"])

    def _note_repeat(self, configuration: str, repeat: int) -> None:
        self._repeats[configuration] = max(self._repeats.get(configuration, 0), repeat + 1)

    def _use_sampler(self, number: int) -> None:
        self._study.sampler = self._lasting or make_sampler(self._sampler, self._wanted, number)

    def _choose(self) -> optuna.Trial:
        """The next Optuna trial: another run of the best where it is time for that, else what the sampler says."""
        self._use_sampler(len(self._study.get_trials(deepcopy=False)))
        left = self._left()
        over = self._settled() or self._exhausted()
        point = self._unconfirmed() if over or left <= self._quest.limits.confirm else None
        waiting = self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,))  # we were killed in between
        if point is not None and not waiting and (over or left <= self._missing(point)):
            self._study.enqueue_trial(dict(point), user_attrs={"confirmation": True})
        return self._study.ask()

    def _as_trial(self, asked: optuna.Trial) -> Trial[Any] | None:
        """The fpray trial that an Optuna trial stands for; none (and told so) where the protocol refuses the point.

        The study knows the trial's name before the suite does: whenever this is cut short, the trial runs once.
        """
        quest = self._quest
        try:
            point = quest.suggest(asked)
        except Exception as error:
            if quest.study.suggest is None:
                raise
            # a user's own code
            raise FprayError(
                f"study {quest.study.name}: suggest(trial) raises {type(error).__name__}: {error}"
            ) from None
        params, problems = quest.params(point)
        if problems:
            said = "; ".join(f"{problem.about} {problem.sentence}" for problem in problems)
            self._finish(asked, Status.REFUSED, said, {})
            return None
        first = Trial(quest.protocol, params)
        repeat = asked.user_attrs.get("repeat", self._repeats.get(first.id, 0))
        trial = Trial(quest.protocol, params, repeat)
        self._note_repeat(first.id, repeat)
        for name, value in self._attributes(trial).items():
            asked.set_user_attr(name, value)
        self._keep_point(trial, asked)
        asked.set_user_attr("number", self._suite.directory(trial).number)
        self._asked[trial.id] = asked
        self._known[trial.id] = trial
        return trial

    def _attributes(self, trial: Trial[Any]) -> dict[str, Any]:
        loops = float(trial.protocol.loops(trial.params) * trial.params.num_client_procs)
        # The id last: a trial that has it has all of them, whatever was cut short.
        configuration = _configuration(trial)
        return {"closed_loops": loops, "repeat": trial.repeat, "configuration": configuration, "fpray_trial": trial.id}

    def _keep_point(self, trial: Trial[Any], asked: optuna.Trial) -> None:
        if trial.id not in self._points:
            distributions = {name: distribution_to_json(each) for name, each in asked.distributions.items()}
            self._points[trial.id] = {"params": asked.params, "distributions": distributions}
            write_json(self._suite.path / layout.POINTS, self._points)

    def _tell(self, asked: optuna.Trial, outcome: Outcome, since_s: float) -> None:
        """Tell the study how a trial ended, `since_s` after the one that ended before it.

        Of trials side by side, each moment is counted once: by the first that ends.
        """
        numbers = outcome.numbers
        metrics = {name: numbers.get(name) for name in outcome.results}
        if outcome.status not in (Status.FINISHED, Status.STOPPED_EARLY):  # its figures are not to be compared
            metrics |= dict.fromkeys(self._quest.columns)
        asked.set_user_attr("wall_s", outcome.wall_s)
        asked.set_user_attr("spent_s", min(outcome.wall_s, since_s))
        self._finish(asked, outcome.status, outcome.detail, metrics)

    def _finish(self, asked: optuna.Trial, status: Status, detail: str, metrics: Mapping[str, float | None]) -> None:
        quest = self._quest
        metrics = {**dict.fromkeys(quest.columns), **metrics}
        for name, value in (("metrics", metrics), ("status", status.value), ("detail", detail)):
            asked.set_user_attr(name, value)
        for bound in quest.bounds:
            excess = bound.excess(metrics[bound.column])
            asked.set_constraint(str(bound), excess if math.isfinite(excess) else FAILED_EXCESS)
        worst = [-math.inf if goal.maximize else math.inf for goal in quest.goals]
        found = [metrics[goal.column] for goal in quest.goals]
        self._answer = None
        try:
            self._study.tell(asked, [w if f is None else f for f, w in zip(found, worst, strict=True)])
        except (RuntimeError, KeyError):
            # Samplers that list points ask Optuna's own loop to stop when they are through; there is none here.
            state = self._study.get_trials(deepcopy=False)[asked.number].state
            if not state.is_finished():
                raise


def _configuration(trial: Trial[Any]) -> str:
    """What all repeats of a point share."""
    return Trial(trial.protocol, trial.params).id


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Without Optuna's remarks to those who call it: which of its features are new is not our user's concern."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
