"""From layers of values to the parameters of a trial: later layers win, choices come before what depends on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from fpray.errors import Problem
from fpray.protocol import params as param_values
from fpray.protocol.values import field_types

Point = Mapping[str, Any]
_NAME = ".name"  # a workload's kind
_TIMEOUT, _DURATION = "timeout", "duration"


def layered(start: Any, layers: Sequence[Point], *, protocol: str) -> tuple[Any, list[Problem]]:
    """The parameters with the values of all layers set, and what is wrong with them.

    A layer that only chooses a kind of workload comes before an earlier layer that sets fields of it: with
    `--set workload.name=...`, `--vary workload.conflict_rate=...` varies a field of the chosen kind.
    """
    problems: list[Problem] = []
    for layer in _in_order(layers):
        start, wrong = param_values.set_values(start, layer, protocol=protocol)
        problems += wrong
    return start, problems


def _in_order(layers: Sequence[Point]) -> Sequence[Point]:
    """The layers, each preceded by what later ones choose for its fields."""
    ordered: list[dict[str, Any]] = [dict(layer) for layer in layers]
    for place, layer in enumerate(ordered):
        for later in ordered[place + 1 :]:
            early = {key: later.pop(key) for key in list(later) if _decides_for(key, layer)}
            if early:
                return _in_order([*ordered[:place], early, *ordered[place:]])
    return ordered


def _decides_for(key: str, layer: Point) -> bool:
    """Whether a choice is of the kind of which a layer sets fields without a choice of its own."""
    choice = key.removesuffix(_NAME)
    if choice in layer or f"{choice}{_NAME}" in layer:
        return False
    return any(name.startswith(f"{choice}.") for name in layer)


def followed(params: Any, defaults: Any, names: Iterable[str]) -> Any:
    """The parameters with each timeout that was not given in its default proportion to its duration, or more.

    A timeout is named as its duration is, with `timeout` in place of `duration`, as FrankenPaxos names them.

    defaults: parameters as they are where nothing is given; names: those that a study or its user has set.
    """
    names, changes = set(names), {}
    for name, kind in field_types(type(params)).items():
        duration = name.replace(_TIMEOUT, _DURATION)
        if duration == name or name in names or duration not in names or kind not in (timedelta, float):
            continue
        nothing, default = kind(0), getattr(defaults, duration)
        if default > nothing and getattr(params, duration) > default:
            changes[name] = getattr(params, duration) * (getattr(defaults, name) / default)
    return replace(params, **changes) if changes else params
