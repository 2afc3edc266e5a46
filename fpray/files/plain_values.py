"""Sees at once that all values of a list or an object are right: suites with thousands of trials are read often."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, get_args, get_origin

from fpray.files.rules import Rule

Test = Callable[[Any], bool]


def plain_test(kind: Any) -> Test | None:
    """A test of whether a list or an object is surely of type `kind`; None for a type of which it cannot be said.

    What does not pass may be right as well: it has to be looked at value by value.
    """
    arguments = [argument for argument in get_args(kind) if argument is not Ellipsis]
    tests = [_values_test(argument) for argument in arguments]
    of_keys, of_values = tests[0] if tests else None, tests[-1] if tests else None
    if of_keys is None or of_values is None:
        return None
    if issubclass(get_origin(kind), Mapping):
        return lambda value: of_keys(value) and of_values(value.values())
    return of_values


def _values_test(kind: Any) -> Callable[[Collection[Any]], bool] | None:
    """The test of all values of a type."""
    if kind is float:
        return lambda values: {float}.issuperset(map(type, values)) and all(map(math.isfinite, values))
    right = _right_types(kind)
    return (lambda values: not values or right.issuperset(map(type, values))) if right else None


def _right_types(kind: Any) -> frozenset[type]:
    """The types of which every value is right."""
    if kind in (str, bool):
        return frozenset({kind})
    plain, *notes = get_args(kind) if get_origin(kind) is Annotated else (None,)
    rules = [note for note in notes if isinstance(note, Rule)]
    return frozenset.intersection(*(rule.kept_by for rule in rules)) if plain is Any and rules else frozenset()
