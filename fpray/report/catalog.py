"""What can be run, in words: the listing of protocols, and one protocol with its roles, parameters and constraints."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from fpray.protocol.params import alternatives, describe_type, field_types, show_duration
from fpray.protocol.protocol import Protocol
from fpray.study.study import Search


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
        listens = f", listens as {', '.join(role.endpoints)}" if role.endpoints else ", listens on nothing"
        endpoints = listens if role.endpoints != (role.name,) else ""
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
    yield f"a client process runs {_loops(protocol, defaults)} closed loops"
    yield ""
    yield "constraints"
    yield from (f"  {line}" for line in protocol.constraints_in_words)
    yield ""
    if protocol.deviations:
        yield "differs from FrankenPaxos's harness (what differs for all protocols: docs/protocols.md)"
        yield from (f"  {line}" for line in protocol.deviations)
        yield ""
    yield "studies"
    width = max(map(len, studies), default=0)
    for study in studies.values():
        many = f"at most {study.budget_trials}" if isinstance(study, Search) else len(study.points) * study.repeat
        yield f"  {study.name:<{width}}  {many} trials: {study.about}"
    yield ""
    yield "a cluster file (--cluster FILE): f -> pool -> addresses, dealt round robin"
    pools = {role.hosts_key: ["10.0.0.1", "10.0.0.2"] for role in protocol.roles}
    yield from ("  " + line for line in json.dumps({str(protocol.faults(defaults)): pools}, indent=2).splitlines())


# What holds for every protocol, so that no declaration repeats it.
_EVERYWHERE = """
- Ports: a trial takes free ports from 20000 on, where FrankenPaxos takes 10000 + 100 k; `fpray plan` without a cluster
  shows FrankenPaxos's. A metrics port is the main port + 1, and -1 when not monitored, as there.
- Readiness: nothing sleeps. A stage starts when every endpoint of the stages before it listens; clients start when all
  servers do. `client_lag` is honoured as an extra wait, and 0 in the studies.
- Order: a stage's processes start side by side, where FrankenPaxos starts one after the other. Leaders that send
  something once, at birth, start when all else listens.
- Garbage collection log (`monitored`): `-Xlog:gc*`, where FrankenPaxos's flags stop any JVM newer than 8 from starting.
- Flags: booleans are `True` and `False`, as most are there (five are `true` and `false`); durations have the unit that
  FrankenPaxos gives that flag, and always a decimal point (`2.0s`; there, fastmultipaxos has `2s`). Jars read either.
- Recorder files are kept as `recorder.parquet`, where half of FrankenPaxos's modules delete them.
- A trial that cannot work (counts against f, workloads that the jar rejects) is refused before anything starts.
""".strip()


def document(protocols: Mapping[str, Protocol[Any]], studies: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """`docs/protocols.md`: what every protocol consists of, and where that is not what FrankenPaxos would launch."""
    yield "# Protocols"
    yield ""
    yield "Written by `make docs` from the declarations in `protocols/`; do not edit. Parameters with defaults and"
    yield "types, and an example of a cluster file: `fpray protocols NAME`. Studies with their size: `fpray studies`."
    yield ""
    yield "## What differs from FrankenPaxos's harness for all of them"
    yield ""
    yield _EVERYWHERE
    for name, protocol in protocols.items():
        yield from _section(protocol, studies.get(name, {}))


def _section(protocol: Protocol[Any], studies: Mapping[str, Any]) -> Iterator[str]:
    defaults = protocol.params()
    unlabelled = None in protocol.outputs
    stages = len({role.stage_of(defaults, i) for role in protocol.servers() for i in _indices(role, defaults)})
    yield ""
    yield f"## {protocol.name}"
    yield ""
    yield f"{protocol.summary[0].upper()}{protocol.summary[1:]}."
    yield ""
    yield "| role | by default | main class | pool | listens as | starts |"
    yield "|---|---|---|---|---|---|"
    for role in protocol.roles:
        cells = (
            role.name,
            " x ".join(map(str, role.dimensions(defaults))),
            f"`{protocol.main_class(role).removeprefix('frankenpaxos.')}`",
            role.hosts_key,
            ", ".join(role.endpoints) or "nothing",
            _starts(role, defaults, stages),
        )
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield f"- Closed loops of a client process: {_loops(protocol, defaults)}."
    rows = "without a label" if unlabelled else f"labelled {', '.join(f'`{label}`' for label in protocol.outputs)}"
    warm_up = "; the warm-up is recorded, too, and left out of fpray's own figures" if protocol.records_warmup else ""
    groups = "" if protocol.flushes_groups or unlabelled else "; unfinished measurement groups are lost"
    yield f"- Recorder: rows {rows}{warm_up}{groups}."
    yield from (f"- Needs: {line}." for line in protocol.constraints_in_words)
    yield f"- Studies: {', '.join(f'`{name}`' for name in sorted(studies)) or 'none'}."
    if protocol.deviations:
        yield ""
        yield "Differs from FrankenPaxos's harness:"
        yield ""
        yield from (f"- {line}" for line in protocol.deviations)


def _loops(protocol: Protocol[Any], params: Any) -> str:
    more = protocol.loops(params) - int(params.num_clients_per_proc)
    return "num_clients_per_proc" + " + 1" * more


def _starts(role: Any, params: Any, stages: int) -> str:
    if role.kind != "server":
        return {"client": "when all servers listen", "driver": "when the clients listen"}.get(role.kind, "")
    of = {role.stage_of(params, index) for index in _indices(role, params)} or {role.stage_of(params, (0,) * 3)}
    words = "first" if of == {0} else "when all else listens" if len(of) == 1 else "one when the others listen"
    within = f", within {show_duration(role.starts_within)}" if role.starts_within else ""
    return (words if stages > 1 else "together") + within


def _indices(role: Any, params: Any) -> Iterator[tuple[int, ...]]:
    return itertools.product(*map(range, role.dimensions(params)))


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
