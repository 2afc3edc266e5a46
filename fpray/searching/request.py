"""What a user asks for with `fpray search`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from fpray.driver.request import Request
from fpray.errors import refuse, refuse_if_any
from fpray.plan.plan import Trial
from fpray.protocol.protocol import Protocol
from fpray.searching.checks import corner_problems, group_problems
from fpray.searching.latency_bounds import latency_bounds
from fpray.searching.options import SearchOptions
from fpray.searching.problem import SearchProblem
from fpray.searching.problem_reader import read_problem
from fpray.searching.search_record import search_record
from fpray.study.study import Study
from fpray.trial.early_stop import LatencyBound


@dataclass(frozen=True)
class SearchRequest(SearchOptions, Request):
    """A request of a search; the fields of `Request` come first."""

    @property
    def kind(self) -> str:
        """The command that it belongs to."""
        return "search"

    def caps(self, protocol: Protocol[Any]) -> Sequence[LatencyBound]:
        """Its upper bounds on latencies; a trial that cannot meet one ends early."""
        return latency_bounds(protocol, self.problem().bounds)

    def identity(self) -> Any:
        """What is searched and where, not for how long: equal for commands that continue each other's search."""
        space = {key: values if isinstance(values, str) else repr(values) for key, values in self.space.items()}
        aims = [list(self.maximize), list(self.minimize), list(self.subject_to)]
        return [self.points.to_json(), [*aims, space, self.sampler, self.seed]]

    def keeps(self) -> dict[str, Any]:
        """What `suite.json` of a new suite records about the search."""
        return {**super().keeps(), "search": search_record(self.problem(), self), "ended": ""}

    def resolve(self) -> tuple[Protocol[Any], Study, list[Trial[Any]]]:
        """The protocol, the search as a study, and trials at the ends of its space.

        Raises:
            Refused: with every problem.
        """
        problem = self.problem()
        try:
            corners = [(point, *problem.params(point)) for point in problem.corners()]
        except Exception as error:  # the user's own code
            raise refuse(
                f"--study {problem.study.name}",
                f"suggest(trial) raises {type(error).__name__}: {error}; it must return parameter -> value",
            ) from None
        allowed = [Trial(problem.protocol, params) for _, params, problems in corners if not problems]
        refuse_if_any([*corner_problems(problem, corners), *group_problems(problem, allowed)])
        summary = problem.study.summary or tuple(dict.fromkeys(key for point, _, _ in corners for key in point))
        return problem.protocol, replace(problem.study, summary=summary), allowed

    def problem(self) -> SearchProblem:
        """The search that is asked for.

        Raises:
            Refused: with every problem.
        """
        return read_problem(self.points, self)
