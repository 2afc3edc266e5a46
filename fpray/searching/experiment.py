"""From the words of `fpray search` to an experiment, in which a search chooses the trials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fpray.driver.check import Words, check, suite_key
from fpray.driver.experiment import Experiment
from fpray.driver.narrow import LAPTOP
from fpray.driver.selection import Selected, TrialSelection
from fpray.errors import Cause, refuse, refuse_if_any
from fpray.searching.checks import corner_problems, group_problems
from fpray.searching.latency_bounds import latency_bounds
from fpray.searching.options import SearchOptions
from fpray.searching.problem import SearchProblem
from fpray.searching.problem_reader import read_problem
from fpray.searching.search_record import search_record
from fpray.study.search_study import Search
from fpray.trial.early_stop import early_stop


@dataclass(frozen=True, kw_only=True)
class SearchExperiment(Experiment):
    """An experiment that searches; its `trials` are at the ends of the space.

    Attributes:
        problem: what is searched, and where.
        options: the options of the command, read.
    """

    problem: SearchProblem
    options: Mapping[str, Any]


def check_search(protocol: str, options: Mapping[str, Any], command: str = "") -> SearchExperiment:
    """The experiment that `fpray search` or `fpray.search` was asked for.

    Raises:
        Refused: with every problem at once.
    """
    words = Words.read(SearchOptions, protocol, options, command)
    problems: list[SearchProblem] = []

    def select(selection: TrialSelection) -> Selected:
        problems.append(read_problem(selection, words.values))
        return replace(_corners(problems[0]), remarks=[LAPTOP] if selection.laptop else [])

    experiment, problem = check(words, select), problems[0]
    whole = replace(
        experiment,
        kind=Search.command,
        key=suite_key(_identity(experiment.points, words.values), experiment.settings),
        instruments=[*experiment.instruments, *early_stop(latency_bounds(problem.protocol, problem.bounds))],
        record={"search": search_record(problem, words.values), "ended": ""},
    )
    return SearchExperiment(**vars(whole), problem=problem, options=words.values)


def _corners(problem: SearchProblem) -> Selected:
    """The search as a study, and trials at the ends of its space.

    Raises:
        Refused: with every problem.
    """
    try:
        corners = problem.corners
    except Exception as error:  # the user's own code
        raise refuse(
            f"--study {problem.study.name}",
            f"its function suggest(trial) failed: {type(error).__name__}: {error}. Correct it so that it"
            f" returns a dict of parameters, such as {{'f': 1}}",
            Cause.STUDY_FILE,
        ) from None
    refuse_if_any([*corner_problems(problem), *group_problems(problem)])
    summary = problem.study.summary or tuple(dict.fromkeys(key for point, _, _ in corners for key in point))
    return Selected(problem.protocol, replace(problem.study, summary=summary), problem.corner_trials)


def _identity(selection: Any, options: Mapping[str, Any]) -> Any:
    """What is searched and where, not for how long: equal for commands that continue each other's search."""
    space = {key: values if isinstance(values, str) else repr(values) for key, values in options["space"].items()}
    aims = [list(options[name]) for name in ("maximize", "minimize", "subject_to")]
    return [selection, [*aims, space, options["sampler"], options["seed"]]]
