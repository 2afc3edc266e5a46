"""What is wrong with a search before it starts: its columns, the ends of its space, grouped rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fpray.errors import Cause, Problem, nearest
from fpray.peak_sampler.distributions import ends
from fpray.peak_sampler.goals import Bound, Goal
from fpray.protocol.protocol import Protocol
from fpray.protocol.values import show_duration
from fpray.recorder.columns import START_THROUGHPUT, STATISTICS, latency, without_output
from fpray.searching.options import flag
from fpray.searching.problem import SearchProblem
from fpray.store.columns import measured_columns, output_columns

_QUANTILES = tuple(latency(statistic) for statistic in STATISTICS if statistic != "mean")


def column_problems(protocol: Protocol[Any], goals: Sequence[Goal], bounds: Sequence[Bound]) -> Iterator[Problem]:
    """Goals and bounds on columns that the protocol does not measure."""
    columns = [*measured_columns(protocol), *output_columns(protocol)]
    aims = [(f"{flag(goal.direction)} {goal.column}", goal.column) for goal in goals]
    aims += [(f"{flag('subject_to')} {bound}", bound.column) for bound in bounds]
    for about, column in aims:
        if column not in columns:
            near = nearest(column, columns) or nearest(without_output(column), columns)
            yield Problem(
                about, f"{protocol.name} has no such result column{near} (docs/measuring.md lists them)", Cause.GOAL
            )


def corner_problems(problem: SearchProblem) -> list[Problem]:
    """What the protocol refuses at an end of the space for all values of the other parameters.

    An end that it refuses only with some of them is no problem: the search skips these points.
    """
    corners = problem.corners
    if corners and all(problems for _, _, problems in corners):
        return _shortest([problems for _, _, problems in corners])
    wrong: list[Problem] = []
    for key, distribution in (problem.space or {}).items():
        for end in ends(distribution):
            at_end = [problems for point, _, problems in corners if point[key] == end]
            if at_end and all(at_end):
                wrong += _shortest(at_end)
    return wrong


def profile_problems(problem: SearchProblem) -> Iterator[Problem]:
    """Trials that would be profiled: a search compares figures, and profiling changes them."""
    if any(trial.params.profiled for trial in problem.corner_trials):
        sentence = (
            "is true in trials of this search, but profiling changes the figures that a search compares: remove"
            " -p/--profile (or profiled=true), then profile the best configuration with fpray sweep -p"
        )
        yield Problem("profiled", sentence, Cause.OPTION)


def _shortest(lists: Sequence[Sequence[Problem]]) -> list[Problem]:
    return min(map(list, lists), key=len)


def group_problems(problem: SearchProblem) -> Iterator[Problem]:
    """Goals and bounds that mean nothing for grouped or for short measurements.

    Quantiles of grouped rows are quantiles of means.
    """
    trials = problem.corner_trials
    largest = max((getattr(trial.params, "measurement_group_size", 1) for trial in trials), default=1)
    for column in problem.columns:
        if largest > 1 and column.endswith(_QUANTILES):
            yield Problem(
                f"measurement_group_size={largest}",
                f"records only means of {largest} requests, so {column} is unknown: set"
                " measurement_group_size=1, or use the mean",
                Cause.GOAL,
            )
    for trial in trials:
        for column in problem.columns:
            if START_THROUGHPUT in column and trial.params.duration.total_seconds() <= 1:
                sentence = f"is too short for {column}: write more than 1s, such as 2s"
                yield Problem(f"duration={show_duration(trial.params.duration)}", sentence, Cause.GOAL)
