"""Selects a machine for each one that a trial would have on the whole cluster: free, usable, and of the same kind."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from fpray.cluster.machine_kinds import MachineKind

Home = tuple[str, ...]  # the machines that a trial would have alone on the whole cluster


def wanted_kinds(home: Home, kinds: Mapping[str, MachineKind]) -> dict[MachineKind, list[str]]:
    """The kinds of machines that a trial needs -> its home machines of that kind."""
    wanted: dict[MachineKind, list[str]] = {}
    for host in home:
        wanted.setdefault(kinds[host], []).append(host)
    return wanted


def free_by_kind(
    wanted: Mapping[MachineKind, Collection[str]], candidates: Iterable[str], kinds: Mapping[str, MachineKind]
) -> dict[MachineKind, list[str]] | None:
    """As many machines of each kind as are wanted, the first ones of `candidates`; None where there are too few."""
    free: dict[MachineKind, list[str]] = {kind: [] for kind in wanted}
    missing = sum(map(len, wanted.values()))
    for host in candidates:
        selected = free.get(kinds[host])
        if selected is None or len(selected) == len(wanted[kinds[host]]):
            continue
        selected.append(host)
        missing -= 1
        if not missing:
            return free
    return None


def keep_at_home(
    wanted: Mapping[MachineKind, Iterable[str]], free: Mapping[MachineKind, Collection[str]]
) -> dict[str, str]:
    """Home machine -> the machine in its place; itself where it is free."""
    names: dict[str, str] = {}
    for kind, home in wanted.items():
        others = iter([host for host in free[kind] if host not in home])
        names |= {host: host if host in free[kind] else next(others) for host in home}
    return names


def dispensable(
    quarantined: Iterable[str],
    wanted: Mapping[MachineKind, Collection[str]],
    alive: Iterable[str],
    kinds: Mapping[str, MachineKind],
) -> set[str]:
    """The quarantined machines without which a trial has enough; alive: the hosts that live."""
    quarantined = set(quarantined)
    others: dict[MachineKind, int] = {}
    for host in alive:
        if host in kinds and host not in quarantined:
            others[kinds[host]] = others.get(kinds[host], 0) + 1
    return {host for host in quarantined if others.get(kinds[host], 0) >= len(wanted.get(kinds[host], ()))}
