"""Load and validity of a point of the space, remembered: a sampler asks for them thousands of times."""

from __future__ import annotations

import dataclasses
from typing import Any

from fpray.plan.plan import parameter_problems
from fpray.protocol import params as param_values
from fpray.protocol.protocol import Protocol
from fpray.protocol.values import field_types
from fpray.study.layers import Point

_Values = tuple[tuple[str, Any], ...]


class PointFacts:
    """What the protocol says about points: how many closed loops a point has, and whether it can run."""

    def __init__(self, protocol: Protocol[Any], start: Any, fixed: Point) -> None:
        self._protocol, self._start, self._fixed = protocol, start, fixed
        self._points: dict[_Values, tuple[float, bool]] = {}
        self._fields: dict[tuple[str, _Values], Any] = {}

    def loops(self, point: Point) -> float:
        """Closed loops of all clients at a point."""
        return self._facts(point)[0]

    def allows(self, point: Point) -> bool:
        """Whether the protocol accepts a point."""
        return self._facts(point)[1]

    def _facts(self, point: Point) -> tuple[float, bool]:
        key = tuple(point.items())
        if key not in self._points:
            params = dataclasses.replace(self._start, **self._changed_fields(key))
            allowed = not parameter_problems(self._protocol, params)
            self._points[key] = float(self._protocol.closed_loops(params)), allowed
        return self._points[key]

    def _changed_fields(self, point: _Values) -> dict[str, Any]:
        by_field: dict[str, list[tuple[str, Any]]] = {}
        for name, value in (*point, *self._fixed.items()):
            if (head := name.partition(".")[0]) in field_types(type(self._start)):
                by_field.setdefault(head, []).append((name, value))
        return {name: self._field(name, tuple(values)) for name, values in by_field.items()}

    def _field(self, name: str, values: _Values) -> Any:
        """The value of a parameter field that parts of a point make."""
        key = (name, values)
        if key not in self._fields:
            params, _ = param_values.set_values(self._start, dict(values), protocol=self._protocol.name)
            self._fields[key] = getattr(params, name)
        return self._fields[key]
