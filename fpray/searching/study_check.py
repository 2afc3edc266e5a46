"""Whether an Optuna study is that of a search, as fpray writes it: a database or a file may hold anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypedDict

import optuna
from optuna.distributions import BaseDistribution, check_distribution_compatibility
from optuna.trial import FrozenTrial, TrialState

from fpray.files.rules import Rule, between
from fpray.files.shown import in_brief, shown
from fpray.files.typed import Misfit, typed
from fpray.peak_sampler.trial_attributes import METRICS, STATUS
from fpray.searching.problem import SearchProblem
from fpray.searching.space import in_words
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
        why = "; ".join([*wrong[:_LISTED], *more])
        raise not_its_study(suite, storage, why)


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
        delete = "delete this Optuna study there (it has the name of the suite)"
        how = f"move {STUDY_FILES[storage]} away" if storage in STUDY_FILES else delete
        remedy = f"If you do not want this, stop the search, {how}, and run the same fpray command again"
        yield f"{absence}: the search still uses their results and counts them for its budget. {remedy}"
    if lost and storage != MEMORY:
        yield f"{where} lacked {lost} of the trials in the suite: they were added to it again"


def _wrong_directions(study: optuna.Study, problem: SearchProblem) -> Iterator[str]:
    directions = [direction.name.lower() for direction in study.directions]
    own = [goal.direction for goal in problem.goals]
    if directions != own:
        goals = f"the goals of the Optuna study are to {' and to '.join(directions)}"
        own_goals = f"the goals of this search are to {' and to '.join(own)}"
        yield f"{goals}, but {own_goals}: this Optuna study belongs to another search"


def _wrong_trials(trials: Sequence[FrozenTrial], problem: SearchProblem) -> Iterator[str]:
    for trial in trials:
        counts = any(name in trial.user_attrs for name in (FPRAY_TRIAL, METRICS, STATUS))
        if counts or trial.state is TrialState.RUNNING:
            where = f"trial {trial.number} of the Optuna study"
            yield from _wrong_attributes(where, trial.user_attrs)
            yield from _wrong_point(where, trial, problem.space or {})
    ids = Counter(shown(t.user_attrs[FPRAY_TRIAL]) for t in trials if FPRAY_TRIAL in t.user_attrs)
    for name, count in ids.items():
        if count > 1:
            several = f"{count} trials of the Optuna study stand for the same fpray trial, {name}"
            yield f"{several}, but fpray adds only one: something else changed this Optuna study, or it is damaged"


def _wrong_attributes(where: str, attributes: Mapping[str, Any]) -> Iterator[str]:
    try:
        typed(_Attributes, {name: attributes[name] for name in _Attributes.__annotations__ if name in attributes})
    except Misfit as misfit:
        yield f"{where} has an entry that fpray never writes (something else wrote it, or it is damaged): {misfit}"
    for name, others in ((FPRAY_TRIAL, (CONFIGURATION, REPEAT)), (STATUS, (METRICS,))):
        if name in attributes and (missing := [other for other in others if other not in attributes]):
            yield f"{where} lacks {' and '.join(missing)}"


def _wrong_point(where: str, trial: FrozenTrial, space: Mapping[str, BaseDistribution]) -> Iterator[str]:
    for name, distribution in space.items():
        if name not in trial.params:
            if FPRAY_TRIAL in trial.user_attrs:
                yield f"{where} has no {name}"
            continue
        try:
            check_distribution_compatibility(trial.distributions[name], distribution)
            fits = distribution._contains(distribution.to_internal_repr(trial.params[name]))
        except ValueError:
            fits = False
        if not fits:
            value, own = shown(trial.params[name]), in_brief(in_words(distribution))
            other = f"but this search chooses {name} from {own}"
            yield f"{where} has {name}={value}, {other}: something else changed this Optuna study, or it is damaged"
