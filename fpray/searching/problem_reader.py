"""From a user's words to a search that can be started, with every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fpray.driver.narrow import expanded
from fpray.driver.selection import TrialSelection, select
from fpray.errors import Cause, Problem, Refused, refuse_if_any
from fpray.files.secret import Secret
from fpray.peak_sampler.goals import Bound, Goal
from fpray.protocol.protocol import Protocol
from fpray.searching.budget import TimeBudget
from fpray.searching.checks import column_problems
from fpray.searching.goals import parse_bounds, parse_goals
from fpray.searching.options import LIMITS, flag, limit_problems, searched_and_set
from fpray.searching.problem import SearchProblem
from fpray.searching.sampler_factory import sampler_problems
from fpray.searching.search_study import Search
from fpray.searching.space import Space, read_space, suggest
from fpray.searching.storage_url import JOURNAL, storage_problems
from fpray.store.columns import measured_columns
from fpray.study.registry import find_protocol
from fpray.study.study import Study
from fpray.study.study_file import StudyFile


def read_problem(points: TrialSelection, options: Mapping[str, Any]) -> SearchProblem:
    """The search that options ask for, over the study and the parameters of `points`.

    Raises:
        Refused: with every problem.
    """
    protocol = find_protocol(points.protocol)
    start, base, study_file, problems = _start(protocol, points)
    points = replace(points, set=expanded(points.set, start, points.protocol)[0])
    study = _with_options(_as_search(base), options)
    goals, bounds, wrong = _aims(protocol, study)
    problems += wrong
    space, wrong = _space(study, start, options["space"], points.set)
    problems += [*wrong, *sampler_problems(options["sampler"], space, goals)]
    problems += [*storage_problems(options["storage"] or Secret(JOURNAL)), *limit_problems(study)]
    time = TimeBudget(options["budget_minutes"], options["budget_dollars"], options["price_per_machine_hour"])
    refuse_if_any(problems)
    choose = study.suggest or (lambda trial: suggest(trial, space or {}))
    return SearchProblem(
        protocol, study, start, points.set, goals, bounds, space, choose, time,
        options["sampler"], options["seed"], options["storage"], study_file,
    )  # fmt: skip


def _start(protocol: Protocol[Any], points: TrialSelection) -> tuple[Any, Study, StudyFile | None, list[Problem]]:
    """The parameters that the search starts from, its study and the file of that, and what is wrong with them."""
    try:
        selection = select(points)
    except Refused as refused:  # continue with the defaults: the options of the search may be wrong as well
        return protocol.params(), Study(points.study, protocol.name), None, list(refused.problems)
    return selection.trials[0].params, selection.study, selection.study_file, [*selection.heap_problems]


def _as_search(study: Study) -> Search:
    """A plain study as a search that starts from its first point; goals and space come from the options."""
    if isinstance(study, Search):
        return study
    first = study.points[0] if study.points else {}
    name = f"search_from_{study.name}"
    return Search(name, study.protocol, {**study.base, **first}, about=study.about, regions=study.regions)


def _with_options(study: Search, options: Mapping[str, Any]) -> Search:
    """The study with what the user says in place of what it says."""
    changes: dict[str, Any] = {}
    if options["maximize"] or options["minimize"]:
        changes |= {"maximize": options["maximize"], "minimize": options["minimize"]}
    if options["subject_to"]:
        changes["subject_to"] = options["subject_to"]
    if options["space"]:
        changes["space"] = {**study.space, **options["space"]}
    return replace(study, **changes, **{name: options[name] for name in LIMITS if options[name] is not None})


def _aims(protocol: Protocol[Any], study: Search) -> tuple[list[Goal], list[Bound], list[Problem]]:
    goals, problems = parse_goals(study.maximize, study.minimize)
    bounds, wrong = parse_bounds(study.subject_to)
    problems += wrong
    if not goals:
        example = next(iter(measured_columns(protocol)))
        problems.append(Problem(flag("maximize"), f"a search needs a goal, such as --maximize {example}", Cause.GOAL))
    return goals, bounds, [*problems, *column_problems(protocol, goals, bounds)]


def _space(
    study: Search, start: Any, own: Mapping[str, Any], fixed: Mapping[str, Any]
) -> tuple[Space | None, list[Problem]]:
    """Where to search, without the parameters that `--set` fixes; None if the study suggests its points itself.

    own: the dimensions of `--space`, which the study has, too.
    """
    problems = [*searched_and_set({"space": own, "set": fixed})]  # a pattern of --set fixes more than it names
    dimensions = {key: values for key, values in study.space.items() if key not in fixed}
    if study.suggest is not None:
        why = "its suggest function chooses the values of each trial"
        message = f"has no effect with study {study.name}: {why}. Remove --space"
        return None, [*problems, *([Problem(flag("space"), message, Cause.SPACE)] if dimensions else [])]
    space, wrong = read_space(dimensions, start, study.protocol)
    if not dimensions and not any(key in fixed for key in own):
        message = "a search needs parameters to vary, such as --space num_clients_per_proc=1..1024:log"
        wrong.append(Problem(flag("space"), message, Cause.SPACE))
    return space, [*problems, *wrong]
