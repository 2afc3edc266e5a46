"""`docs/protocols.md`: what each protocol consists of, and where that differs from what FrankenPaxos launches."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from fpray.files.layout import RECORDER
from fpray.protocol.protocol import Protocol
from fpray.protocol.values import show_duration
from fpray.report.catalog import closed_loops

WIDTH = 118  # of a line of prose
# What holds for every protocol, so that no declaration repeats it.
_EVERYWHERE = f"""
- Ports: a trial takes free ports from 20000 on; FrankenPaxos takes 10000 + 100 k. `fpray plan` without a cluster shows
  FrankenPaxos's ports. As in FrankenPaxos, a metrics port is the main port + 1, or -1 without monitoring.
- Readiness: nothing sleeps. A stage starts when every endpoint of the earlier stages listens; clients start when all
  servers listen. `client_lag` is an additional wait; it is 0 in the studies.
- Order: the processes of a stage start in parallel; FrankenPaxos starts one after the other. A leader that sends
  a message only once, when it starts, starts when all others listen.
- Garbage collection logs (`monitored`): a file for each JVM, by the options of its version. With FrankenPaxos's flags,
  no JVM newer than 8 starts.
- Flags: booleans are `True` and `False`, as most are in FrankenPaxos (five are `true` and `false`). Durations have the
  unit that FrankenPaxos gives that flag, and always a decimal point (`2.0s`; fastmultipaxos has `2s`). Jars read both.
- Recorder files are kept as `{RECORDER}`; half of FrankenPaxos's modules delete them.
- A trial that cannot work (too few replicas for f, workloads that the jar rejects) is refused before anything starts.
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
    stages = len({role.stage_of(defaults, i) for role in protocol.servers() for i in role.indices(defaults)})
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
    yield f"- Closed loops of a client process: {closed_loops(protocol, defaults)}."
    rows = "without a label" if unlabelled else f"labelled {', '.join(f'`{label}`' for label in protocol.outputs)}"
    warm_up = "; the warm-up is recorded, too, and left out of fpray's own figures" if protocol.records_warmup else ""
    groups = "" if protocol.flushes_groups or unlabelled else "; unfinished measurement groups are lost"
    yield f"- Recorder: rows {rows}{warm_up}{groups}."
    for line in protocol.constraints_in_words:
        yield from _item(f"Needs: {line}.")
    yield from _item(f"Studies: {', '.join(f'`{name}`' for name in sorted(studies)) or 'none'}.")
    if protocol.deviations:
        yield ""
        yield "Differs from FrankenPaxos's harness:"
        yield ""
        for line in protocol.deviations:
            yield from _item(line)


def _item(text: str) -> list[str]:
    """An item of a list, in lines of a readable length."""
    return textwrap.wrap(text, WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)


def _starts(role: Any, params: Any, stages: int) -> str:
    if role.kind != "server":
        return {"client": "when all servers listen", "driver": "when the clients listen"}.get(role.kind, "")
    of = {role.stage_of(params, index) for index in role.indices(params)} or {role.stage_of(params, (0,) * 3)}
    words = "first" if of == {0} else "when all else listens" if len(of) == 1 else "one when the others listen"
    within = f", within {show_duration(role.starts_within)}" if role.starts_within else ""
    return (words if stages > 1 else "together") + within
