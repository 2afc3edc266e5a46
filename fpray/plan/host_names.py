"""The names and addresses of machines: how they are written, and the one place where names are looked up."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated

from fpray.errors import Cause, Problem, refuse_if_any
from fpray.files.rules import Rule
from fpray.files.shown import in_brief
from fpray.plan.cluster import LOOPBACK, Cluster

_BROADCAST, _NUMBER = "255.255.255.255", re.compile(r"([\w-]+\.)*(0[xX][0-9a-fA-F]*|[0-9]+)\.?")
_HOST_NAME = re.compile(r"(?=.{1,253}$)[^\W_][\w-]{0,62}(\.[^\W_][\w-]{0,62})*\.?")


def host_problem(name: str) -> str | None:
    """What is wrong with the name or address of a machine, as a sentence."""
    plain, correct = in_brief(name), "Write the address of one machine, such as 10.0.0.1"
    if is_address(name):
        address = ipaddress.ip_address(name)
        group = address.is_unspecified or address.is_multicast or name == _BROADCAST
        return f"{plain}: this address stands for no single machine. {correct}" if group else None
    if _NUMBER.fullmatch(name):  # a resolver takes 127.1 and 2130706433 for 127.0.0.1
        return f"{plain}: this is a number, and neither a name nor an address. {correct}"
    if _HOST_NAME.fullmatch(name):
        return None
    return f"{plain}: this name has no IP address: it is not a host name. Correct the name, or write the address"


Host = Annotated[str, Rule(host_problem)]


def address_of(name: str) -> str:
    """An address in its usual form, 127.0.0.1 for `localhost`, and any other name of a machine as it is."""
    if is_address(name):
        return str(ipaddress.ip_address(name))
    return LOOPBACK if name == "localhost" else name


def is_address(text: str) -> bool:
    """Whether a text is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def with_addresses(cluster: Cluster, where: str) -> Cluster:
    """The cluster with addresses in place of names: looked up once, because the jar binds to what its peers connect to.

    Raises:
        Refused: there is no machine of a name, or a machine is in several regions by its address.
    """
    addresses, problems = look_up(cluster.addresses(), where)
    refuse_if_any(problems)
    by_address = cluster.renamed(addresses)
    refuse_if_any(in_many_regions(by_address.regions, where))
    return by_address


def look_up(names: Sequence[str], where: str) -> tuple[dict[str, str], list[Problem]]:
    """Name -> address, and the names that have none."""
    addresses, problems = {}, []
    for name in names:
        try:
            addresses[name] = _address(name)
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not a host name"
            sentence = f"this name has no IP address: {reason}. Correct the name, or write the address"
            problems.append(Problem(f"{where}: {name}", sentence, Cause.CLUSTER_FILE))
    return addresses, problems


def _address(name: str) -> str:
    return name if is_address(name) else socket.gethostbyname(name)


def in_many_regions(regions: Mapping[str, Sequence[str]], where: str) -> list[Problem]:
    """Machines that are listed in several regions."""
    counts = Counter(address for addresses in regions.values() for address in {*addresses})
    return [
        Problem(
            f"{where}: regions",
            f"lists {address} in {count} regions: remove it from all regions but one",
            Cause.CLUSTER_FILE,
        )
        for address, count in counts.items()
        if count > 1
    ]
