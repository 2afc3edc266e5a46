"""Reads a configuration of Ray's cluster launcher, with the defaults that `ray up` fills in."""

from __future__ import annotations

import contextlib
import importlib.util
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fpray.errors import Cause, Problem, Refused, refuse
from fpray.files.content import BY_USERS, Unreadable, read_yaml_file
from fpray.files.rules import Cell, Rule, between
from fpray.files.typed import Misfit, typed
from fpray.plan.cluster_file import MOST_MACHINES
from fpray.plan.host_names import Host

MachineCount = Annotated[int, between(0, MOST_MACHINES)]
_TAKES = "--cluster takes the YAML file of `ray up` (examples: cluster_configs/), or a JSON file of machines"
LOCAL_TYPE = "local.cluster.node"  # what `ray up` writes for the machines of an on-premise provider
_LEGACY_HEAD, _LEGACY_WORKER = "ray-legacy-head-node-type", "ray-legacy-worker-node-type"


def _known_type(name: str) -> str | None:
    wrong = 'must be the name of a cloud that Ray supports, such as aws; or "local", for machines of your own'
    return None if re.fullmatch(r"[a-z_]{1,40}", name) else wrong


@dataclass(frozen=True)
class Provider:
    """The file's section on where the machines come from, as far as fpray reads it."""

    type: Annotated[str, Rule(_known_type)]
    head_ip: Host | None = None
    external_head_ip: Host | None = None
    worker_ips: Sequence[Host] | None = None
    fpray_pools: Any = None  # a key of fpray's own: Ray's schema allows further keys here


@dataclass(frozen=True)
class NodeType:
    """A type of machines, as far as it is read."""

    min_workers: MachineCount | None = None
    max_workers: Annotated[int, between(0, 2**31)] | None = None
    labels: Mapping[str, Cell] | None = None
    resources: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Auth:
    """How SSH logs in."""

    ssh_user: str | None = None
    ssh_private_key: str | None = None
    ssh_proxy_command: str | None = None


@dataclass(frozen=True)
class Docker:
    """Whether Ray runs in containers."""

    container_name: str | None = None


@dataclass(frozen=True)
class LauncherFile:
    """The configuration, as far as it is read; None where a key is missing or empty."""

    provider: Provider
    cluster_name: str | None = None
    min_workers: MachineCount | None = None
    available_node_types: Mapping[str, NodeType] | None = None
    head_node_type: str | None = None
    head_node: Mapping[str, Any] | None = None
    worker_nodes: Mapping[str, Any] | None = None
    head_start_ray_commands: Sequence[str] | None = None
    auth: Auth | None = None
    docker: Docker | None = None

    @property
    def port(self) -> int:
        """The port in the head's `ray start` command, or its default."""
        option = re.search(r"--port[= ](\d{1,5})\b", " ".join(self.head_start_ray_commands or ()))
        return int(option[1]) if option else 6379


def read_launcher_file(path: Path) -> tuple[LauncherFile, dict[str, Any]]:
    """The configuration, typed, and all of its content.

    Raises:
        Refused: it cannot be read, or is not a launcher configuration; with every problem.
    """
    try:
        content = read_yaml_file(path, BY_USERS)
    except OSError as error:
        raise refuse(str(path), f"cannot be read: {error.strerror}. {_TAKES}", Cause.LAUNCHER_FILE) from None
    except Unreadable as why:
        raise refuse(str(path), f"cannot be used: {why}. {_TAKES}", Cause.LAUNCHER_FILE) from None
    if not isinstance(content, dict) or not isinstance(content.get("provider"), Mapping):
        raise refuse(
            str(path),
            "is not a configuration of `ray up`: it has no `provider`. Write one, such as provider:"
            " {type: local, head_ip: 10.0.0.5, worker_ips: [10.0.0.6]}",
            Cause.LAUNCHER_FILE,
        )
    try:
        return typed(LauncherFile, content), content
    except Misfit as misfit:
        raise Refused(
            *(Problem(f"{path}: {d.path}", _in_words(d.path, d.sentence), Cause.LAUNCHER_FILE) for d in misfit.defects)
        ) from None


def _in_words(path: str, sentence: str) -> str:
    return sentence.replace("a list", "a list of addresses") if path == "provider.worker_ips" else sentence


@dataclass(frozen=True)
class _Defaults:
    """What Ray itself says of a provider."""

    available_node_types: Mapping[str, NodeType] | None = None
    head_node_type: str = "ray.head.default"


def _defaults(provider: str) -> _Defaults:
    """Ray's defaults for a provider: from its package, without importing it."""
    ray = importlib.util.find_spec("ray")
    if ray is not None and ray.origin is not None:
        file = Path(ray.origin).parent / "autoscaler" / provider / "defaults.yaml"
        with contextlib.suppress(OSError, Unreadable, Misfit):
            return typed(_Defaults, read_yaml_file(file, BY_USERS))
    return _Defaults()


def node_types(file: LauncherFile, path: Path) -> tuple[Mapping[str, NodeType], str]:
    """Type -> machines of a cloud, as `ray up` completes them, and the type of the head.

    Raises:
        Refused: the configuration has none and Ray has no defaults, or the head's type is not among them.
    """
    defaults = _defaults(file.provider.type)
    types, head = file.available_node_types, file.head_node_type or defaults.head_node_type
    if types is None and (file.head_node or file.worker_nodes):
        workers = NodeType(file.min_workers if file.worker_nodes else 0, resources=_resources(file.worker_nodes, path))
        head = _LEGACY_HEAD
        types = {head: NodeType(resources=_resources(file.head_node, path)), _LEGACY_WORKER: workers}
    types = defaults.available_node_types if types is None else types
    if not types:
        raise refuse(
            str(path),
            "has no available_node_types: add the types of machines that `ray up` starts, as in"
            " cluster_configs/ (docs/clusters.md)",
            Cause.LAUNCHER_FILE,
        )
    if head not in types:
        head_in_words = (
            f"has head_node_type: {head}"
            if file.head_node_type
            else f"has no head_node_type, so Ray uses its default, {head}"
        )
        raise refuse(
            str(path),
            f"{head_in_words}, which is not one of its available_node_types: set head_node_type to one of them,"
            f" {', '.join(types)}",
            Cause.LAUNCHER_FILE,
        )
    return types, head


def _resources(node: Mapping[str, Any] | None, path: Path) -> Mapping[str, float] | None:
    """The resources of a node of Ray's older format."""
    try:
        return typed(NodeType, {"resources": (node or {}).get("resources")}).resources
    except Misfit as misfit:
        raise refuse(f"{path}: head_node and worker_nodes", str(misfit), Cause.LAUNCHER_FILE) from None


def expected_counts(types: Mapping[str, NodeType], head: str) -> dict[str, int]:
    """Type -> how many machines of it Ray starts by itself."""
    counts = {}
    for name, kind in types.items():
        least = kind.min_workers or 0
        most = kind.max_workers if kind.max_workers is not None else 0 if name == head else least
        counts[name] = min(least, most) + (name == head)
    return counts
