"""From the words of `fpray search` to an experiment, in which a search chooses the trials."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from fpray.driver.check import check, suite_key
from fpray.driver.experiment import Experiment
from fpray.driver.means import find_means
from fpray.driver.narrow import LAPTOP
from fpray.driver.read_options import Words
from fpray.driver.selection import Selected, TrialSelection
from fpray.errors import Cause, refuse, refuse_if_any
from fpray.searching.checks import corner_problems, group_problems, profile_problems
from fpray.searching.early_stop import early_stop
from fpray.searching.file_names import JOURNAL_LOCK
from fpray.searching.latency_bounds import latency_bounds
from fpray.searching.options import SearchOptions
from fpray.searching.problem import SearchProblem
from fpray.searching.problem_reader import read_problem
from fpray.searching.search_record import search_record
from fpray.searching.search_study import Search
from fpray.searching.suite_entries import SearchEntries
from fpray.study.study import Study


@dataclass(frozen=True, kw_only=True)
class SearchExperiment(Experiment):
    """An experiment that searches; its `trials` are at the ends of the space.

    Attributes:
        problem: what is searched, where, and how points are chosen.
    """

    problem: SearchProblem
    links: ClassVar[Collection[str]] = (JOURNAL_LOCK,)


def check_search(protocol: str, options: Mapping[str, Any], command: str = "") -> SearchExperiment:
    """The experiment that `fpray search` or `fpray.search` was asked for.

    Raises:
        Refused: with every problem at once.
    """
    words = Words.read(SearchOptions, protocol, options, command)
    problems: list[SearchProblem] = []

    def select(protocol: str, values: Mapping[str, Any]) -> Selected:
        selection = TrialSelection.from_options(protocol, values)
        problems.append(problem := read_problem(selection, values))
        study, remarks = _study_of(problem), [LAPTOP] if selection.laptop else []
        return Selected(selection, problem.protocol, study, problem.corner_trials, remarks, problem.study_file)

    experiment, problem = check(words, select, find_means), problems[0]
    whole = replace(
        experiment,
        kind=Search.command,
        key=suite_key(_identity(experiment.recorded_selection, words.values), experiment.settings),
        instruments=[*experiment.instruments, *early_stop(latency_bounds(problem.protocol, problem.bounds))],
        record=SearchEntries(search_record(problem)).to_json(),
    )
    return SearchExperiment(**vars(whole), problem=problem)


def _study_of(problem: SearchProblem) -> Study:
    """The search as a study, when the ends of its space were looked at.

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
    refuse_if_any([*corner_problems(problem), *group_problems(problem), *profile_problems(problem)])
    summary = problem.study.summary or tuple(dict.fromkeys(key for point, _, _ in corners for key in point))
    return replace(problem.study, summary=summary)


def _identity(selection: Any, options: Mapping[str, Any]) -> Any:
    """What is searched and where, not for how long: equal for commands that continue each other's search."""
    space = {key: values if isinstance(values, str) else repr(values) for key, values in options["space"].items()}
    aims = [list(options[name]) for name in ("maximize", "minimize", "subject_to")]
    return [selection, [*aims, space, options["sampler"], options["seed"]]]
