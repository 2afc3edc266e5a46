"""A role of a protocol: one kind of process, how many there are, and what each one gets on its command line.

Names derive everything, overrides are rare. Role `proxy_leader` of protocol `multipaxos` has the main class
`frankenpaxos.multipaxos.ProxyLeaderMain`, the labels `proxy_leader_0`, `proxy_leader_1`, the pool
`proxy_leaders`, the parameters `proxy_leader_log_level` and `proxy_leader_jvm_heap_size`, and the flag
`--index 0`; a count `(groups, per_group)` gives `--group_index i --index j`.
docs/protocol-reference.md names every field.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, Literal, TypeVar
from typing import Protocol as Interface

from fpray.protocol.assignment import Deal, round_robin

P = TypeVar("P")
Kind = Literal["server", "client", "driver", "sidecar"]
Count = int | tuple[int, ...]
Index = tuple[int, ...]  # one number for each level of nesting
Flags = Mapping[str, Any]


@dataclass(frozen=True)
class Address:
    """Where one endpoint of one process listens."""

    host: str
    port: int

    @property
    def message(self) -> dict[str, Any]:
        """The address as the config message writes it."""
        return {"host": self.host, "port": self.port}


class At(Interface):
    """What a process can be told of its surroundings: where everything listens, and its own name."""

    @property
    def label(self) -> str:
        """The name of the process that is told."""

    def address(self, endpoint: str) -> Address:
        """Where the only instance of an endpoint listens."""

    def addresses(self, endpoint: str) -> list[Any]:
        """All addresses of an endpoint as config messages, nested as its indices are."""

    def file(self, name: str) -> str:
        """The path of a file of the trial."""


def _no_flags(_params: Any, _at: At) -> Flags:
    return {}


def _no_options(_params: Any) -> Mapping[str, Any]:
    return {}


def _no_exits(_params: Any, _index: Index) -> tuple[int, ...]:
    return ()


@dataclass(frozen=True)
class Endpoint(Generic[P]):
    """An endpoint that is numbered otherwise than the processes that listen on it, as those of super nodes are.

    owned: the indices of the endpoints of a process, its main one first, by the process's index. Every index belongs
    to one process; the config message lists and nests them by their own indices.
    """

    name: str
    owned: Callable[[P, Index], Iterable[Index]]


@dataclass(frozen=True)
class Role(Generic[P]):
    """One kind of process of a protocol.

    The words of a process's command line come in the order of FrankenPaxos's: indices (or host and port),
    `--config`, `connect`, `--log_level`, `runs`, the Prometheus flags, `flags`, options.
    """

    name: str
    count: Callable[[P], Count]
    kind: Kind = "server"
    # Processes of one stage start side by side, when everything of the stages below listens; a process may have
    # another stage than its siblings.
    stage: int | Callable[[P, Index], int] = 0
    # All of a stage must listen within this time of one another; a trial in which they did not is no result.
    starts_within: timedelta | None = None
    # What each process listens on, its main endpoint first; () for the name of the role, one for each process.
    # None for nothing: such a process has no port, no metrics, and counts as ready once it runs.
    listens: tuple[str | Endpoint[P], ...] | None = ()
    numbered: bool = True  # False: the only one of its kind, labelled with the bare name of the role
    addressed: bool = False  # told --host and --port instead of an index into the config
    connect: Callable[[P, At], Flags] = _no_flags
    runs: Callable[[P, At], Flags] = _no_flags
    flags: Callable[[P, At], Flags] = _no_flags
    options: Callable[[P], Mapping[str, Any]] = _no_options  # prefix -> options dataclass
    main: str = ""
    pool: str = ""
    deal: Deal = round_robin
    heap: str = ""  # the parameter that holds -Xms and -Xmx; "" for <role>_jvm_heap_size where there is one
    log_level: str = ""  # the parameter that holds it; "" for <role>_log_level
    index_flags: tuple[str, ...] = ()
    # Codes with which a server may end in mid-run, by design: a driver kills it.
    expected_exits: Callable[[P, Index], tuple[int, ...]] = _no_exits

    @property
    def main_class(self) -> str:
        """The simple name of the main class."""
        return self.main or "".join(word.capitalize() for word in self.name.split("_")) + "Main"

    @property
    def hosts_key(self) -> str:
        """The pool of machines that its instances are assigned to, by FrankenPaxos's name in a cluster file."""
        return self.pool or (f"{self.name}s" if self.numbered else self.name)

    @property
    def log_level_parameter(self) -> str:
        """The parameter that holds the log level of its processes."""
        return self.log_level or f"{self.name}_log_level"

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The names of what its processes listen on; the first is the main endpoint."""
        return tuple(endpoint if isinstance(endpoint, str) else endpoint.name for endpoint in self._listens)

    def owned(self, params: P, index: Index) -> dict[str, list[Index]]:
        """Endpoint -> the indices of those that one of its processes listens on."""
        return dict(
            (endpoint, [index]) if isinstance(endpoint, str) else (endpoint.name, list(endpoint.owned(params, index)))
            for endpoint in self._listens
        )

    @property
    def _listens(self) -> tuple[str | Endpoint[P], ...]:
        return () if self.listens is None else self.listens or (self.name,)

    def stage_of(self, params: P, index: Index) -> int:
        """The stage in which one of its processes starts."""
        return self.stage if isinstance(self.stage, int) else self.stage(params, index)

    def dimensions(self, params: P) -> tuple[int, ...]:
        """How many there are at each level of nesting."""
        count = self.count(params)
        return count if isinstance(count, tuple) else (count,)

    def size(self, params: P) -> int:
        """How many there are."""
        return math.prod(self.dimensions(params))

    def indices(self, params: P) -> list[Index]:
        """The index of each, in order."""
        return list(itertools.product(*map(range, self.dimensions(params))))

    def flag_names(self, levels: int) -> tuple[str, ...]:
        """The names of its index flags: none, `index`, or `group_index` and `index`."""
        if self.addressed or not self.numbered:
            return ()
        return self.index_flags or ("group_index", "index")[-levels:]
