"""`fpray search --dry-run`: what a search would do, and how far the suite is that it would continue."""

from __future__ import annotations

import math
from collections.abc import Iterator

from fpray.driver.choose_suite import named_suite
from fpray.driver.continuation import continued_line
from fpray.peak_sampler.distributions import size
from fpray.plan.estimate import planned_seconds, processes_each
from fpray.plan.words import duration_in_words, number_of
from fpray.searching.experiment import SearchExperiment
from fpray.searching.problem import SearchProblem
from fpray.searching.search_record import check_same_search
from fpray.searching.space import in_words
from fpray.searching.suite_entries import search_entries


def preview_lines(experiment: SearchExperiment) -> Iterator[str]:
    """How far the suite is that `-s` names, if it names one, and what the search would do.

    Raises:
        Refused: the experiment may not continue the suite.
    """
    yield from experiment.outputs.remarks
    suite = named_suite(experiment)
    if suite is not None:
        check_same_search(search_entries(suite).search, experiment.problem)
        done = sum(outcome is not None for _, _, outcome in suite.outcomes())
        yield continued_line(suite, done, f"at most {experiment.problem.study.budget_trials}")
    yield _preview_line(experiment)


def _preview_line(experiment: SearchExperiment) -> str:
    """Goal, bounds, space, and at most how many trials, processes, machines and how much time."""
    problem, corners = experiment.problem, experiment.trials
    trials, longest_s = problem.study.budget_trials, max(map(planned_seconds, corners))
    bounds = f", subject to {' and '.join(map(str, problem.bounds))}" if problem.bounds else ""
    parts = [
        " and ".join(map(str, problem.goals)) + bounds,
        _space_in_words(problem),
        f"at most {number_of(trials, 'trial')}",
        processes_each(corners),
        number_of(len(experiment.where.inventory.expected_machines().addresses()), "machine"),
        f"at most {duration_in_words(trials * longest_s)}",
    ]
    return " · ".join(parts)


def _space_in_words(problem: SearchProblem) -> str:
    if problem.space is None:
        return f"points that study {problem.study.name} suggests"
    points = math.prod(size(distribution) for distribution in problem.space.values())
    count = f" ({points:,.0f} points)" if math.isfinite(points) else ""
    return " ".join(f"{key}={in_words(distribution)}" for key, distribution in problem.space.items()) + count
