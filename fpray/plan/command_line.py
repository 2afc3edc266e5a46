"""The command line of a process: what the jar expects, with the paths of the trial and the addresses of endpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, TypeVar

from fpray.files import layout
from fpray.plan.placement import Instance, Placement
from fpray.protocol.flags import option_flags, to_words
from fpray.protocol.protocol import Protocol
from fpray.protocol.role import Address, Role

P = TypeVar("P")


@dataclass(frozen=True)
class Paths:
    """Where a trial finds things, and what is added to its command lines.

    Attributes:
        directory: the trial's.
        java: the program that runs the jar.
        jvm_args: role -> further JVM arguments (`--jvm-arg`), before -cp.
        flags: role -> flag -> value (`--flag`), for a fork's flags; a flag that the role has already gets this value.
        by_host: machine -> (directory, jar, java, java_version), where they are not those of the driver's machine.
        java_version: of the JVM that `java` starts, such as 8 or 17; 0 where it is not known.
    """

    directory: str = "/suite/001"
    jar: str = "/fpray.jar"
    java: str = "java"
    jvm_args: Mapping[str, Sequence[str]] = field(default_factory=dict)
    flags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    by_host: Mapping[str, tuple[str, str, str, int]] = field(default_factory=dict)
    java_version: int = 0

    def file(self, name: str) -> str:
        """The path of a file of the trial."""
        return str(PurePosixPath(self.directory) / name)

    def on(self, host: str) -> Paths:
        """The same for a process on a machine."""
        if host not in self.by_host:
            return self
        directory, jar, java, java_version = self.by_host[host]
        return replace(self, directory=directory, jar=jar, java=java, java_version=java_version)


@dataclass(frozen=True)
class Surroundings:
    """`fpray.protocol.role.At` for one process (or, without a label, for the config message)."""

    placement: Placement
    paths: Paths
    label: str = ""

    def address(self, endpoint: str) -> Address:
        """The address of a singleton's endpoint."""
        (only,) = self.placement.listening[endpoint].values()
        return only

    def addresses(self, endpoint: str) -> list[Any]:
        """The addresses of an endpoint, nested as its indices are."""
        nested: dict[Any, Any] = {}
        for index, address in self.placement.listening[endpoint].items():
            level = nested
            for i in index[:-1]:
                level = level.setdefault(i, {})
            level[index[-1]] = address
        return _as_lists(nested)

    def file(self, name: str) -> str:
        """The path of a file of the trial, on the machine of the process."""
        return self.paths.file(name)


def _as_lists(nested: Mapping[Any, Any]) -> list[Any]:
    return [_as_lists(v) if isinstance(v, Mapping) else v.message for v in nested.values()]


def command_line(
    protocol: Protocol[P], params: P, role: Role[P], instance: Instance, at: Surroundings
) -> tuple[str, ...]:
    """The exact argv of a process: java, its arguments, the main class, and the flags in FrankenPaxos's places."""
    paths = at.paths
    monitored = bool(getattr(params, "monitored"))  # noqa: B009  every params has it: Protocol checks
    heap = protocol.heap(role, params)
    java = [paths.java]
    java += [f"-Xms{heap}", f"-Xmx{heap}"] if heap else []
    java += [*paths.jvm_args.get(role.name, ()), "-cp", paths.jar, protocol.main_class(role)]
    main = instance.address
    names = role.flag_names(len(instance.index))
    flags: dict[str, Any] = dict(zip(names, instance.index, strict=bool(names)))
    if role.addressed:
        flags |= {"host": main.host, "port": main.port}
    if protocol.config is not None:
        flags |= {"config": paths.file(layout.CONFIG)}
    flags |= role.connect(params, at)
    flags |= {"log_level": getattr(params, role.log_level_parameter)}
    flags |= role.runs(params, at)
    if role.kind != "driver" and instance.endpoints:
        flags |= {"prometheus_host": main.host, "prometheus_port": main.port + 1 if monitored else -1}
    flags |= role.flags(params, at)
    for prefix, options in role.options(params).items():
        flags |= option_flags(prefix, options)
    return (*java, *to_words(flags | dict(paths.flags.get(role.name, {}))))
