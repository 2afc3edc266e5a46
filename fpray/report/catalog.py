"""What can be run, in words: the listing of protocols, and one protocol with its roles, parameters and constraints."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

from fpray.protocol.protocol import Protocol
from fpray.protocol.values import alternatives, describe_type, field_types, to_json
from fpray.study.study import Study


def list_protocols(protocols: Mapping[str, Protocol[Any]]) -> Iterator[str]:
    """One line for each protocol."""
    width = max(map(len, protocols), default=0)
    for name, protocol in protocols.items():
        yield f"{name:<{width}}  {protocol.summary}"
    yield "fpray protocols NAME shows one with its roles, parameters and constraints"


def describe(protocol: Protocol[Any], studies: Mapping[str, Study]) -> Iterator[str]:
    """Everything that a user may want to know before a sweep of a protocol."""
    defaults = protocol.params()
    yield f"{protocol.name}: {protocol.summary}"
    yield ""
    yield from _roles(protocol, defaults)
    yield ""
    yield from _parameters(protocol, defaults)
    yield ""
    yield from _workloads(protocol)
    yield ""
    yield f"a client process runs {closed_loops(protocol, defaults)} closed loops"
    yield ""
    yield "constraints"
    yield from (f"  {line}" for line in protocol.constraints_in_words)
    yield ""
    if protocol.deviations:
        yield "how fpray runs this protocol differently from FrankenPaxos (for all protocols: docs/protocols.md)"
        yield from (f"  {line}" for line in protocol.deviations)
        yield ""
    yield from _studies(studies)
    yield ""
    yield "a cluster file (--cluster FILE): for each f, the addresses of each pool; processes take them round robin"
    pools = {role.hosts_key: ["10.0.0.1", "10.0.0.2"] for role in protocol.roles}
    yield from ("  " + line for line in json.dumps({str(protocol.faults(defaults)): pools}, indent=2).splitlines())


def _roles(protocol: Protocol[Any], defaults: Any) -> Iterator[str]:
    yield "roles, in the order in which they are started (processes, main class, pool of machines)"
    order = ("server", "sidecar", "client", "driver")
    for role in sorted(protocol.roles, key=lambda r: (order.index(r.kind), r.stage_of(defaults, (0, 0, 0)))):
        count = " x ".join(map(str, role.dimensions(defaults)))
        listens = f", listens on endpoint {', '.join(role.endpoints)}" if role.endpoints else ", listens on no endpoint"
        endpoints = listens if role.endpoints != (role.name,) else ""
        yield f"  {role.name:<16} {count:<6} {protocol.main_class(role)}, pool {role.hosts_key}{endpoints}"


def _parameters(protocol: Protocol[Any], defaults: Any) -> Iterator[str]:
    parameters = list(_fields(protocol.params, defaults))
    width = max(len(name) for name, _, _ in parameters)
    yield f"parameters and their defaults ({len(parameters)}; --set NAME=VALUE, --vary NAME=V1,V2)"
    for name, default, kind in parameters:
        yield f"  {name:<{width}}  {default:<12} {kind}"


def _workloads(protocol: Protocol[Any]) -> Iterator[str]:
    """The kinds of workload, and the parameters that hold one; those of the same kinds together."""
    holders: dict[tuple[Any, ...], list[str]] = {}
    for name, field in field_types(protocol.params).items():
        if kinds := alternatives(field):
            holders.setdefault(kinds, []).append(name)
    for kinds, names in holders.items():
        how = f"to change the type: --set {names[0]}.name=TYPE; to set a field of it: --set {names[0]}.FIELD=VALUE"
        yield f"{', '.join(names)}: one of the types below ({how})"
        for kind in kinds:
            fields = [f for f in dataclasses.fields(kind) if f.name != "name"]
            yield f"  {kind.__name__:<36} {', '.join(f'{f.name}={_default(f.default)}' for f in fields)}".rstrip()


def _studies(studies: Mapping[str, Study]) -> Iterator[str]:
    yield "studies"
    width = max(map(len, studies), default=0)
    for study in studies.values():
        at_most = "at most " if study.adaptive else ""
        yield f"  {study.name:<{width}}  {at_most}{study.trial_limit} trials: {study.about}"


def closed_loops(protocol: Protocol[Any], params: Any) -> str:
    """The number of closed loops of a client process, as a formula."""
    more = protocol.loops(params) - int(params.num_clients_per_proc)
    return "num_clients_per_proc" + " + 1" * more


def _default(value: Any) -> str:
    return getattr(value, "name", None) or str(value)


def _fields(cls: type, value: Any, prefix: str = "") -> Iterator[tuple[str, str, str]]:
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
            yield from _fields(kind, current, f"{prefix}{name}.")  # type: ignore[arg-type]
        else:
            yield f"{prefix}{name}", _text(current), describe_type(kind)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(to_json(value))
