"""Whether an Optuna study is that of a search, as fpray writes it: a database or a file may hold anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypedDict

import optuna
from optuna.distributions import BaseDistribution, check_distribution_compatibility
from optuna.trial import FrozenTrial, TrialState

from fpray.files.shown import shown
from fpray.files.typed import Misfit, Rule, between, typed
from fpray.peak_sampler.trial_attributes import METRICS, STATUS
from fpray.searching.problem import SearchProblem
from fpray.searching.storage import STUDY_FILES, not_its_study
from fpray.searching.storage_url import MEMORY
from fpray.searching.trial_attributes import CONFIGURATION, FPRAY_TRIAL, NUMBER, REPEAT
from fpray.store.outcome import Status

_LISTED = 3


def _status(text: str) -> str | None:
    words = [status.value for status in Status]
    return None if text in words else f"must be one of {', '.join(words)}, not {shown(text)}"


class _Attributes(TypedDict, total=False):
    """What fpray records of a trial, see `fpray.searching.trial_attributes` and that of the sampler."""

    fpray_trial: str
    number: str
    configuration: str
    repeat: Annotated[int, between(0, 10**9)]
    confirmation: bool
    closed_loops: Annotated[float, between(0, 1e12)]
    metrics: Mapping[str, float | None]
    status: Annotated[str, Rule(_status)]
    detail: str
    wall_s: Annotated[float, between(-1e9, 1e9)]
    spent_s: Annotated[float, between(-1e9, 1e9)]


def check_study(study: optuna.Study, problem: SearchProblem, suite: Path, storage: str) -> None:
    """Check that a study is that of a search, before anything is written to it.

    storage: where it is, as the suite records it.

    Raises:
        Refused: it is another one.
    """
    trials = study.get_trials(deepcopy=False)
    wrong = [*_wrong_directions(study, problem), *_wrong_trials(trials, problem)]
    if wrong:
        more = [f"and {len(wrong) - _LISTED} more"] if len(wrong) > _LISTED else []
        raise not_its_study(suite, storage, f"is not what this search wrote: {'; '.join([*wrong[:_LISTED], *more])}")


def remarks(trials: Sequence[FrozenTrial], in_suite: Mapping[str, object], lost: int, storage: str) -> Iterator[str]:
    """What is odd about a study and does not keep the search from going on, in sentences.

    in_suite: the ids of the suite's trials; lost: how many of them the study had lost.
    """
    where = f"the Optuna study of this search ({STUDY_FILES.get(storage, storage)})"
    absent = [t.user_attrs for t in trials if t.state.is_finished() and FPRAY_TRIAL in t.user_attrs]
    absent = [attributes for attributes in absent if attributes[FPRAY_TRIAL] not in in_suite]
    if absent:
        names = ", ".join(str(attributes.get(NUMBER, "?")) for attributes in absent[:_LISTED])
        more = f" and {len(absent) - _LISTED} more" if len(absent) > _LISTED else ""
        absence = f"{where} has trials that the suite does not have any more ({names}{more})"
        yield f"{absence}: the search still counts their results"
    if lost and storage != MEMORY:
        yield f"{where} lacked {lost} of the trials in the suite: they were added to it again"


def _wrong_directions(study: optuna.Study, problem: SearchProblem) -> Iterator[str]:
    directions = [direction.name.lower() for direction in study.directions]
    own = [goal.direction for goal in problem.goals]
    if directions != own:
        goals = f"its goals are to {' and to '.join(directions)}"
        yield f"{goals}, but the goals of the search are to {' and to '.join(own)}"


def _wrong_trials(trials: Sequence[FrozenTrial], problem: SearchProblem) -> Iterator[str]:
    for trial in trials:
        counts = any(name in trial.user_attrs for name in (FPRAY_TRIAL, METRICS, STATUS))
        if counts or trial.state is TrialState.RUNNING:
            for sentence in (*_wrong_attributes(trial.user_attrs), *_wrong_point(trial, problem.space or {})):
                yield f"its trial {trial.number} {sentence}"
    ids = Counter(shown(t.user_attrs[FPRAY_TRIAL]) for t in trials if FPRAY_TRIAL in t.user_attrs)
    for name, count in ids.items():
        if count > 1:
            yield f"{count} of its trials stand for the same trial of fpray, {name}, which may be there only once"


def _wrong_attributes(attributes: Mapping[str, Any]) -> Iterator[str]:
    try:
        typed(_Attributes, {name: attributes[name] for name in _Attributes.__annotations__ if name in attributes})
    except Misfit as misfit:
        yield f"has another entry than fpray writes: {misfit}"
    for name, others in ((FPRAY_TRIAL, (CONFIGURATION, REPEAT)), (STATUS, (METRICS,))):
        if name in attributes and (missing := [other for other in others if other not in attributes]):
            yield f"lacks {' and '.join(missing)}"


def _wrong_point(trial: FrozenTrial, space: Mapping[str, BaseDistribution]) -> Iterator[str]:
    for name, distribution in space.items():
        if name not in trial.params:
            if FPRAY_TRIAL in trial.user_attrs:
                yield f"has no {name}"
            continue
        try:
            check_distribution_compatibility(trial.distributions[name], distribution)
            fits = distribution._contains(distribution.to_internal_repr(trial.params[name]))
        except ValueError:
            fits = False
        if not fits:
            yield f"has {name}={shown(trial.params[name])}, which is not in the space of the search"
