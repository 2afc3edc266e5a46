"""The parameters of one trial: their settable names, how they are changed, flattened and hashed.

A protocol's parameters are a frozen dataclass with FrankenPaxos's field names, see `fpray.protocol.values`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import typing
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from fpray.errors import Cause, Problem, nearest
from fpray.files.shown import in_brief, shown
from fpray.protocol.values import (
    BadValue,
    NotOneValue,
    alternatives,
    field_names,
    field_types,
    read_alternative,
    read_value,
    to_json,
)

P = TypeVar("P")


class UnknownName(BadValue):
    """A name that is no parameter; the text is the nearest name, if any is near."""


def names(cls: type, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every settable name with its type, nested ones with dots; a workload's fields for each of its kinds."""
    for name, kind in field_types(cls).items():
        yield f"{prefix}{name}", kind
        for nested in alternatives(kind) or ((kind,) if dataclasses.is_dataclass(kind) else ()):
            yield from names(typing.cast(type, nested), f"{prefix}{name}.")


def set_value(params: P, dotted: str, value: Any) -> P:
    """A copy of the parameters in which the field at a dotted name has another value.

    Raises:
        BadValue: there is no such field, or it cannot hold the value.
    """
    head, _, rest = dotted.partition(".")
    kinds = field_types(type(params))
    if head not in kinds:
        raise UnknownName(nearest(dotted, (name for name, _ in names(type(params)))))
    current = getattr(params, head)
    if not rest:
        changed = read_value(kinds[head], value)
    elif rest == "name" and alternatives(kinds[head]):
        same = isinstance(value, str) and type(current).__name__ == value  # another kind starts from its own defaults
        changed = current if same else read_alternative(alternatives(kinds[head]), {"name": value})
    elif dataclasses.is_dataclass(current):
        try:
            changed = set_value(current, rest, value)
        except UnknownName as unknown:
            raise BadValue(f"{type(current).__name__} has no field {rest}{unknown}") from None
    else:
        raise BadValue(f"{head} is a single value and has no part {rest}: write {head}={in_brief(value)}")
    return dataclasses.replace(params, **{head: changed})  # type: ignore[type-var]


def set_values(params: P, values: Mapping[str, Any], *, protocol: str) -> tuple[P, list[Problem]]:
    """Set many values and collect every problem. A workload's name is set before its fields."""
    problems: list[Problem] = []
    for dotted in sorted(values, key=lambda name: (not name.endswith(".name"), name.count("."))):
        try:
            params = set_value(params, dotted, values[dotted])
        except UnknownName as unknown:
            hint = f"(fpray protocols {protocol} lists them)"
            problems.append(
                Problem(in_brief(dotted), f"{protocol} has no such parameter{unknown} {hint}", Cause.PARAMETER)
            )
        except BadValue as bad:
            sentence = str(bad)
            if isinstance(bad, NotOneValue) and bad.value is values[dotted]:  # not one inside an object
                fault = f"this parameter is a group of fields ({', '.join(bad.fields)}) and takes no single value"
                sentence = f"{fault}: set one of the fields, such as {in_brief(dotted)}.{bad.fields[0]}=VALUE"
            problems.append(Problem(f"{in_brief(dotted)}={in_brief(values[dotted])}", sentence, Cause.PARAMETER))
    return params, problems


def flatten(params: Any, prefix: str = "") -> dict[str, Any]:
    """Dotted name -> value, in FrankenPaxos's order; a record without fields contributes nothing."""
    flat: dict[str, Any] = {}
    cls: Any = type(params)
    for name in field_names(cls) or ():
        value = getattr(params, name)
        kind: Any = type(value)
        if field_names(kind) is not None:
            flat.update(flatten(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def json_of(value: Any) -> Any:
    """A value from Python, or of parameters, as JSON can hold it."""
    if isinstance(value, Mapping):
        return {key: json_of(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_of(item) for item in value]
    if isinstance(value, int | float | bool | str | None):
        return value
    plain = to_json(value)
    return plain if isinstance(plain, str | dict) else shown(value)


def content_hash(value: Any) -> str:
    """16 hexadecimal digits that two equal JSON values share, whatever the order of their keys."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
