"""A protocol: its parameters, roles, config message and constraints, as frozen data.

docs/protocol-reference.md names every field.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic

from fpray.errors import Problem
from fpray.protocol.params import flatten
from fpray.protocol.role import At, P, Role

_HOLDS_BACK = re.compile(r"batch_size$|(^|[._])flush_(\w+_)?every_n$")


@dataclass(frozen=True)
class Protocol(Generic[P]):
    """A replicated protocol: everything fpray knows of it.

    Attributes:
        params: the dataclass of its parameters, FrankenPaxos's field names in FrankenPaxos's order.
        roles: servers in the order of launching, then clients, then a driver.
        port_order: endpoint names in the order in which FrankenPaxos assigns ports.
        config: the config message, or None where the protocol has no config file.
        files: further files of a trial, name -> message.
        constraints: what the parameters must satisfy; yields a problem for each that they do not.
        loops: closed loops that one client process really runs while it measures.
        records_warmup: whether clients record their warm-up, too; it is left out of the measured window.
        flushes_groups: whether clients record an unfinished measurement group when they end.
        fastest_loop: requests per second that one closed loop makes at most; what disk space is planned by.
        outputs: recorder label -> prefix of its result columns; the label None where rows carry none.
        faults: FrankenPaxos's f, the key into its cluster files.
        package, jobs: of its main classes in Java, and what its jobs in Prometheus begin with; "" for those by name.
        deviations: what FrankenPaxos's own harness would launch differently, a sentence each.
        stands_still: why a trial may get no answers any more with these parameters, and the way out; a clause each.
    """

    name: str
    summary: str
    params: type[P]
    roles: tuple[Role[P], ...]
    port_order: tuple[str, ...]
    loops: Callable[[P], int]
    outputs: Mapping[str | None, str]
    config: Callable[[P, At], Mapping[str, Any]] | None = None
    files: Callable[[P], Mapping[str, Mapping[str, Any]]] = field(default=lambda _params: {})
    constraints: Callable[[P], Iterable[Problem]] = field(default=lambda _params: ())
    constraints_in_words: tuple[str, ...] = ()
    fastest_loop: int = 15_000
    records_warmup: bool = False
    flushes_groups: bool = True
    faults: Callable[[P], int] = field(default=lambda _params: 1)
    package: str = ""
    deviations: tuple[str, ...] = ()
    stands_still: Callable[[P], Iterable[str]] = field(default=lambda _params: (), kw_only=True)
    jobs: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        # Properties count: an older vocabulary has `duration_seconds`, and `duration` computed from it.
        names = {f.name for f in dataclasses.fields(self.params)} | {*dir(self.params)}  # type: ignore[arg-type]
        needs = {"num_client_procs", "duration", "timeout", "monitored", "profiled"}
        needs |= {role.heap for role in self.roles if role.heap} | {role.log_level_parameter for role in self.roles}
        if missing := sorted(needs - names):
            lack = f"its params lack {', '.join(missing)}, which fpray or a role reads"
            raise TypeError(f"{self.name}: {lack}: add these fields to {self.params.__name__}")
        if silent := [role.name for role in self.roles if role.addressed and not role.endpoints]:
            why = "has addressed=True, which passes --host and --port, but listens=None, so it has no port"
            raise TypeError(f"{self.name}: {', '.join(silent)} {why}: set listens, or remove addressed")
        endpoints = sorted(endpoint for role in self.roles for endpoint in role.endpoints)
        if endpoints != sorted(self.port_order):
            order = "port_order must name each of these endpoints once, and nothing else"
            raise TypeError(f"{self.name}: {order}: {', '.join(endpoints)}")

    def holds_back(self, params: P) -> list[str]:
        """What makes requests wait until others come, such as `batcher_options.batch_size=10`.

        By FrankenPaxos's names. Nothing ends that wait: the last requests are never answered, however well it served.
        """
        absent = tuple(f"{role.name}_options." for role in self.roles if 0 in role.dimensions(params))
        return [
            f"{name}={value}"
            for name, value in flatten(params).items()
            if _HOLDS_BACK.search(name) and value > 1 and not name.startswith(absent)
        ]

    def closed_loops(self, params: P) -> int:
        """The closed loops of all its client processes."""
        return self.loops(params) * int(params.num_client_procs)  # type: ignore[attr-defined]

    def role(self, name: str) -> Role[P]:
        """The role of that name (KeyError where there is none)."""
        return {role.name: role for role in self.roles}[name]

    def main_class(self, role: Role[P]) -> str:
        """The full name of a role's main class."""
        return f"{self.package or f'frankenpaxos.{self.name}'}.{role.main_class}"

    def heap(self, role: Role[P], params: P) -> str | None:
        """The JVM heap size of a role's processes, or None for the JVM's own choice."""
        return getattr(params, role.heap or f"{role.name}_jvm_heap_size", None)

    def servers(self) -> tuple[Role[P], ...]:
        """Its roles that serve."""
        return tuple(role for role in self.roles if role.kind == "server")

    def clients(self) -> tuple[Role[P], ...]:
        """Its roles that measure."""
        return tuple(role for role in self.roles if role.kind == "client")
