"""Steps between configurations: those that differ in one parameter, and changes of several parameters at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fpray_analysis.choice import number_of
from fpray_analysis.loaded import PROTOCOL
from fpray_analysis.why.configurations import Configuration, differences, order
from fpray_analysis.why.roles import role_sizes


@dataclass(frozen=True)
class Step:
    """Two configurations of one protocol, of which all that differs is named.

    Attributes:
        changes: parameter -> its values before and after. A step of one parameter is attributed to it.
        before, after: the configurations; after has the larger number.
        place: the values of the other parameters that vary.
        roles: role -> its processes before and after, of the roles with other numbers of processes.
    """

    changes: Mapping[str, tuple[Any, Any]]
    before: Configuration
    after: Configuration
    place: Mapping[str, Any]
    roles: Mapping[str, tuple[int, int]]

    @property
    def added(self) -> list[str]:
        """The roles that have more processes after it."""
        return [role for role, (before, after) in self.roles.items() if after > before]


@dataclass(frozen=True)
class Steps:
    """All steps of a set of configurations.

    Attributes:
        single: those of one parameter: to the next value of it, and from its first to its last.
        joint: parameters that change together where no single steps lead from some configurations to the others; the
            same change at several places is one list.
    """

    single: Sequence[Step]
    joint: Sequence[Sequence[Step]]


def find_steps(parameters: Sequence[str], configurations: Sequence[Configuration], inputs: Sequence[str]) -> Steps:
    """The steps. parameters: those that vary, of which configurations have the values; inputs: all parameters."""
    sizes = [role_sizes(configuration.row, inputs) for configuration in configurations]

    def step(before: int, after: int) -> Step:
        a, b = configurations[before], configurations[after]
        changes = differences(parameters, a, b)
        place = {name: value for name, value in zip(parameters, a.values, strict=True) if name not in changes}
        roles = {
            role: (sizes[before].get(role, 0), sizes[after].get(role, 0))
            for role in dict.fromkeys([*sizes[before], *sizes[after]])
            if sizes[before].get(role, 0) != sizes[after].get(role, 0)
        }
        return Step(changes, a, b, place, roles)

    single = [step(*pair) for pair in _neighbours(parameters, configurations)]
    joint = [[step(*pair) for pair in pairs] for pairs in _bridges(parameters, configurations)]
    return Steps(single, joint)


def _neighbours(parameters: Sequence[str], configurations: Sequence[Configuration]) -> Iterator[tuple[int, int]]:
    """The numbers of configurations that differ in one parameter: of each line, neighbours, and both ends."""
    for at, name in enumerate(parameters):
        lines: dict[tuple[Any, ...], list[int]] = {}
        for number, one in enumerate(configurations):
            lines.setdefault((*one.values[:at], *one.values[at + 1 :]), []).append(number)
        for line in lines.values() if name != PROTOCOL else ():
            line.sort(key=lambda number: order(configurations[number].values[at]))
            yield from itertools.pairwise(line)
            if len(line) > 2 and all(number_of(configurations[number].values[at]) is not None for number in line):
                yield line[0], line[-1]


def _bridges(parameters: Sequence[str], configurations: Sequence[Configuration]) -> Iterator[list[tuple[int, int]]]:
    """The numbers of configurations that a change of several parameters joins, all pairs with the same change.

    These are the edges of several parameters in a minimum spanning tree (Prim, 1957) of the configurations, of which
    the distance is in how many parameters they differ. So a configuration that single steps lead to has none.
    """
    places: list[dict[Any, int]] = [{} for _ in parameters]  # of the values of each parameter
    codes = np.array(
        [
            [own.setdefault(value, len(own)) for own, value in zip(places, one.values, strict=True)]
            for one in configurations
        ]
    )
    values = {one.values: number for number, one in enumerate(configurations)}
    done = set[tuple[Any, ...]]()
    for pair in _tree(codes):
        before, after = sorted(pair)
        a, b = configurations[before], configurations[after]
        changes = differences(parameters, a, b)
        key = tuple(changes.items())
        if len(changes) < 2 or PROTOCOL in changes or key in done:
            continue
        done.add(key)
        yield [
            (number, values[target])
            for number, one in enumerate(configurations)
            if (target := _moved(parameters, one, changes)) in values
        ]


def _tree(codes: np.typing.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """The edges of a minimum spanning tree; codes: configurations x parameters."""
    count = len(codes)
    outside = np.arange(count) > 0
    parents = np.zeros(count, int)
    distances = (codes != codes[0]).sum(axis=1)
    for _ in range(count - 1):
        nearest = int(np.argmin(np.where(outside, distances, np.iinfo(np.int64).max)))
        yield int(parents[nearest]), nearest
        outside[nearest] = False
        others = (codes != codes[nearest]).sum(axis=1)
        parents[others < distances] = nearest
        distances = np.minimum(distances, others)


def _moved(
    parameters: Sequence[str], one: Configuration, changes: Mapping[str, tuple[Any, Any]]
) -> tuple[Any, ...] | None:
    """The values of a configuration after a change; None where it has not those before the change."""
    pairs = [*zip(parameters, one.values, strict=True)]
    if any(name in changes and changes[name][0] != value for name, value in pairs):
        return None
    return tuple(changes[name][1] if name in changes else value for name, value in pairs)
