"""What can be run, in words: the listing of protocols, and one protocol with its roles, parameters and constraints."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

from fpray.params import alternatives, describe_type, field_types, show_duration
from fpray.protocol import Protocol


def list_protocols(protocols: Mapping[str, Protocol[Any]]) -> Iterator[str]:
    """One line for each protocol."""
    width = max(map(len, protocols), default=0)
    for name, protocol in protocols.items():
        yield f"{name:<{width}}  {protocol.summary}"
    yield "fpray protocols NAME shows one with its roles, parameters and constraints"


def describe(protocol: Protocol[Any], studies: Mapping[str, Any]) -> Iterator[str]:
    """Everything that a user may want to know before a sweep of it."""
    defaults = protocol.params()
    yield f"{protocol.name}: {protocol.summary}"
    yield ""
    yield "roles, in the order of starting"
    order = ("server", "sidecar", "client", "driver")
    for role in sorted(protocol.roles, key=lambda r: (order.index(r.kind), r.stage_of(defaults, (0, 0, 0)))):
        count = " x ".join(map(str, role.dimensions(defaults)))
        endpoints = f", listens as {', '.join(role.endpoints)}" if role.endpoints != (role.name,) else ""
        yield f"  {role.name:<16} {count:<6} {protocol.main_class(role)}, pool {role.hosts_key}{endpoints}"
    yield ""
    parameters = list(_parameters(protocol.params, defaults))
    width = max(len(name) for name, _, _ in parameters)
    yield f"parameters and their defaults ({len(parameters)}; --set NAME=VALUE, --vary NAME=V1,V2)"
    for name, default, kind in parameters:
        yield f"  {name:<{width}}  {default:<12} {kind}"
    yield ""
    for names, kinds in _workloads(protocol.params).items():
        yield f"{names} (--set {names.split(', ')[0]}.name=NAME --set {names.split(', ')[0]}.FIELD=VALUE)"
        for record in kinds:
            fields = [f for f in dataclasses.fields(record) if f.name != "name"]
            yield f"  {record.__name__:<36} {', '.join(f'{f.name}={_default(f.default)}' for f in fields)}".rstrip()
    yield ""
    yield "constraints"
    yield from (f"  {line}" for line in protocol.constraints_in_words)
    yield ""
    yield "studies"
    width = max(map(len, studies), default=0)
    for study in studies.values():
        yield f"  {study.name:<{width}}  {len(study.points) * study.repeat} trials: {study.about}"
    yield ""
    yield "a cluster file (--cluster FILE): f -> pool -> addresses, dealt round robin"
    pools = {role.hosts_key: ["10.0.0.1", "10.0.0.2"] for role in protocol.roles}
    yield from ("  " + line for line in json.dumps({str(protocol.faults(defaults)): pools}, indent=2).splitlines())


def _workloads(cls: type) -> dict[str, tuple[Any, ...]]:
    """The parameters that hold a workload (those of the same kinds together) -> the kinds."""
    found: dict[tuple[Any, ...], list[str]] = {}
    for name, field in field_types(cls).items():
        if kinds := alternatives(field):
            found.setdefault(kinds, []).append(name)
    return {", ".join(names): kinds for kinds, names in found.items()}


def _default(value: Any) -> str:
    return getattr(value, "name", None) or str(value)


def _parameters(cls: type, value: Any, prefix: str = "") -> Iterator[tuple[str, str, str]]:
    for name, kind in field_types(cls).items():
        current = getattr(value, name)
        if alternatives(kind):
            yield f"{prefix}{name}.name", current.name, describe_type(kind)
            rest = [f for f in field_types(type(current)) if f != "name"]
            for field in rest:
                inner = getattr(current, field)
                if not dataclasses.is_dataclass(inner):
                    yield f"{prefix}{name}.{field}", _text(inner), describe_type(field_types(type(current))[field])
        elif dataclasses.is_dataclass(kind):
            yield from _parameters(kind, current, f"{prefix}{name}.")  # type: ignore[arg-type]
        else:
            yield f"{prefix}{name}", _text(current), describe_type(kind)


def _text(value: Any) -> str:
    if hasattr(value, "total_seconds"):
        return show_duration(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(getattr(value, "name", value))
