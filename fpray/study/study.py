"""A study: points of one protocol, as a list or as a grid over a base."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar

from fpray.errors import Cause, Problem
from fpray.files.rules import between
from fpray.plan.plan import Trial
from fpray.protocol.protocol import Protocol
from fpray.study.layers import Point, followed, layered

MOST_TRIALS = 100_000


@dataclass(frozen=True)
class Study:
    """A list of points of one protocol, each a change of the base; a file of a user's own holds one as `STUDY`.

    Attributes:
        name, protocol: the name for `--study`, and the protocol of which it sets parameters.
        base: parameter (dotted) -> value, for every point, on top of the protocol's defaults.
        points: parameter (dotted) -> value, one mapping for each trial.
        repeat: how often each point runs.
        summary: the parameters that a progress line shows.
        about: one sentence for listings.
        regions: pool -> the number of regions that its machines must be in, if the study depends on it.
        figure: what `fpray plot` draws of its suites, such as {"kind": "lt", "by": ["f"]}.
    """

    name: str
    protocol: str
    base: Point = field(default_factory=dict)
    points: Sequence[Point] = ({},)
    repeat: Annotated[int, between(1, MOST_TRIALS)] = 1
    summary: tuple[str, ...] = ()
    about: str = ""
    regions: Mapping[str, Annotated[int, between(1, 1000)]] = field(default_factory=dict)
    figure: Mapping[str, str | list[str]] = field(default_factory=dict, kw_only=True)
    command: ClassVar[str] = "sweep"  # the command that runs it

    @property
    def adaptive(self) -> bool:
        """Whether its trials are chosen while it runs; `trial_limit` is an upper limit then."""
        return False

    @property
    def trial_limit(self) -> int:
        """How many trials it takes."""
        return len(self.points) * self.repeat

    def with_grid(self, vary: Mapping[str, Sequence[Any]], *, cross: bool = False) -> Study:
        """The product of the varied values, all at the study's first point; with `cross`, at each of its points."""
        grid = [dict(zip(vary, product, strict=True)) for product in itertools.product(*vary.values())]
        if cross:
            points = [{**point, **values} for point in self.points for values in grid]
            return replace(self, points=points, summary=(*self.summary, *vary), figure={})
        base = {**self.base, **next(iter(self.points), {})}
        return replace(self, base=base, points=grid, summary=tuple(vary), figure={})

    def trials(
        self, protocol: Protocol[Any], levels: Point, fixed: Point, repeat: int | None
    ) -> tuple[list[Trial[Any]], list[Problem]]:
        """Every trial, round by round (all points once, then all points again), and every problem but those of heaps.

        Later layers win over earlier ones: the protocol's defaults, the study's base, `levels` (of `-l`), a point,
        `fixed` (of `--set`).
        """
        defaults = protocol.params()
        empty = 'has no points (combinations of values), so nothing can run: add one to its points, such as {"f": 1}'
        problems = [] if self.points else [Problem(f"--study {self.name}", empty, Cause.STUDY)]
        start, wrong = layered(defaults, (self.base, levels), protocol=protocol.name)
        problems += wrong
        all_params: dict[Any, None] = {}  # a point that is listed twice runs once
        for point in self.points:
            params, wrong = layered(start, (point, fixed), protocol=protocol.name)
            params = followed(params, defaults, {*self.base, *point, *fixed})
            problems += [*wrong, *protocol.constraints(params)]
            all_params[params] = None
        rounds = range(self.repeat if repeat is None else repeat)
        return [Trial(protocol, params, number) for number in rounds for params in all_params], problems
