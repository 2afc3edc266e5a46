"""How many processes of each role a configuration has, by the declaration of its protocol."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fpray.protocol.params import flatten, set_value
from fpray.protocol.protocol import Protocol
from fpray.protocol.values import BadValue
from fpray_analysis.choice import LOAD, Row
from fpray_analysis.loaded import PROTOCOL
from fpray_analysis.suites import installed_protocol

_BY_NAME: Final = "num_"  # of a parameter that counts a role, where no protocol says which do
_VALUES: Final = 3  # that a sweep is given
_TRIES: Final = 12


def role_sizes(row: Row, inputs: Sequence[str]) -> dict[str, int]:
    """Role -> how many processes of it serve in a trial.

    inputs: the columns of `row` that are parameters.

    Published results do not name their protocol. Then a parameter is taken for the count of a role if its name begins
    with `num_`, and it is no load.
    """
    protocol = protocol_of(row)
    if protocol is None:
        names = [name for name in inputs if name.startswith(_BY_NAME) and name not in LOAD]
        return {name.removeprefix(_BY_NAME): row[name] for name in names if isinstance(row.get(name), int)}
    return _sizes(protocol, params_of(protocol, row, inputs))


def protocol_of(row: Row) -> Protocol[Any] | None:
    """The protocol of a trial; None if its suite does not say it, or it is not installed here."""
    name = row.get(PROTOCOL)
    return _protocol(name) if name else None


def params_of(protocol: Protocol[Any], row: Row, inputs: Sequence[str]) -> Any:
    """The parameters of a trial, as far as they may count roles: numbers, and what is true or false."""
    params = protocol.params()
    for name in inputs:
        if isinstance(value := row.get(name), bool | int):
            try:
                params = set_value(params, name, value)
            except BadValue:  # a parameter of another version of the protocol
                continue
    return params


def counts_of_roles(protocol: Protocol[Any], params: Any) -> Mapping[str, list[str]]:
    """Parameter -> the roles of which it counts the processes; the load is none."""
    return {name: roles for name in _numbers(params) if (roles := _roles_that_grow(protocol, params, name))}


def values_to_try(protocol: Protocol[Any], params: Any, parameter: str) -> list[int]:
    """A count and the next larger ones that the protocol's constraints allow."""
    values = []
    for value in range(getattr(params, parameter), getattr(params, parameter) + _TRIES):
        if not [*protocol.constraints(set_value(params, parameter, value))]:
            values.append(value)
    return values[:_VALUES]


def _numbers(params: Any) -> Iterator[str]:
    for name, value in flatten(params).items():
        if type(value) is int and name.startswith(_BY_NAME) and name not in LOAD:
            yield name


def _roles_that_grow(protocol: Protocol[Any], params: Any, name: str) -> list[str]:
    before = _sizes(protocol, params)
    after = _sizes(protocol, set_value(params, name, getattr(params, name) + 1))
    return [role for role, size in after.items() if size > before[role]]


def _sizes(protocol: Protocol[Any], params: Any) -> dict[str, int]:
    return {role.name: role.size(params) for role in protocol.servers()}


@functools.cache
def _protocol(name: str) -> Protocol[Any] | None:
    return installed_protocol(name)
