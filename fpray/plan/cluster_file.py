"""Reads FrankenPaxos's cluster file: JSON that lists the machines of each pool, by name or address."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import socket
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from fpray.errors import Problem, Refused, refuse
from fpray.plan.cluster import CLUSTER_FILE, EVERY_F, LOOPBACK, Cluster

_REGIONS = "regions"  # the one key beside the values of f


def read_cluster_file(path: Path) -> Cluster:
    """FrankenPaxos's JSON, `{"1": {"clients": ["10.0.0.1"], "leaders": [...]}}`; names become addresses.

    Raises:
        Refused: the file cannot be read, or has another shape.
    """
    try:
        content = json.loads(path.read_text())
    except OSError as error:
        raise refuse(str(path), f"the cluster file cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise refuse(str(path), f"the cluster file is not JSON: {error}") from None
    return read_pools(content, str(path))


def read_pools(content: object, where: str, source: str = CLUSTER_FILE) -> Cluster:
    """What a cluster file says: f -> pool -> addresses, or pool -> addresses, equal for every f.

    A key "regions" beside them says where machines are: `{"regions": {"us-east-1": ["10.0.0.1"]}}`.

    where: the file, for messages that something in it is wrong; source: see `Cluster`.

    Raises:
        Refused: it has another shape, or names what does not resolve.
    """
    if not isinstance(content, Mapping):
        raise refuse(where, "must hold a JSON object: f -> pool -> list of addresses")
    problems: list[Problem] = []
    pools: dict[str, dict[str, tuple[str, ...]]] = {}
    for faults, listed in _by_faults(content, where).items():
        if not isinstance(listed, Mapping) or not all(_is_addresses(value) for value in listed.values()):
            group = "region" if faults == _REGIONS else "pool"
            problems.append(Problem(f"{where}: {faults}", f"must be an object: {group} -> list of addresses"))
            continue
        pools[str(faults)] = {str(pool): _resolved(addresses, problems) for pool, addresses in listed.items()}
    regions = pools.pop(_REGIONS, {})
    for address, count in Counter(a for addresses in regions.values() for a in {*addresses}).items():
        if count > 1:
            problems.append(
                Problem(f"{where}: regions", f"lists {address} in {count} regions: a machine is in one region only")
            )
    if problems:
        raise Refused(*dict.fromkeys(problems))
    return Cluster((), pools, regions, source)


def _by_faults(content: Mapping[object, object], where: str) -> Mapping[object, object]:
    """The content with pools that are listed for every f below `*`.

    Raises:
        Refused: it lists pools for every f, and pools for one f, too.
    """
    flat = {pool: addresses for pool, addresses in content.items() if _is_addresses(addresses)}
    if not flat:
        return content
    others = {key: value for key, value in content.items() if key not in flat}
    if mixed := sorted(str(key) for key in others if key != _REGIONS):
        every = ", ".join(map(str, flat))
        raise refuse(
            where,
            f"lists some pools for every f ({every}), and also pools for f = {', '.join(mixed)} only: move all pools"
            " below the numbers of f, or none",
        )
    return {**others, EVERY_F: flat}


def _is_addresses(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(a, str) for a in value)


def _resolved(names: Sequence[str], problems: list[Problem]) -> tuple[str, ...]:
    """The addresses of names: looked up once, here, because the jar binds to the address that its peers connect to."""
    addresses = []
    for name in names:
        try:
            addresses.append(resolve(name))
        except OSError as error:
            sentence = f"this name has no IP address: {error.strerror}. Correct the name, or write the address"
            problems.append(Problem(name, sentence))
    return tuple(addresses)


def resolve(name: str, lookup: Callable[[str], str] = socket.gethostbyname) -> str:
    """The address of a machine. An address is returned as it is; `localhost` is 127.0.0.1.

    Raises:
        OSError: there is no machine of that name, or it cannot be a name.
    """
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(name))
    if name == "localhost":
        return LOOPBACK
    no_name = socket.gaierror(socket.EAI_NONAME, "it is not a host name")
    if not name:  # for the resolver that is 0.0.0.0
        raise no_name
    try:
        return lookup(name)
    except UnicodeError:  # an empty label, such as in 10.0..1
        raise no_name from None
