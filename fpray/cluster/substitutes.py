"""The machines in place of those that a trial would have on the whole cluster: free, usable, and of the same kind."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from fpray.cluster.machine_kinds import MachineKind

Home = tuple[str, ...]  # the machines that a trial would have alone on the whole cluster


def wanted_kinds(home: Home, kinds: Mapping[str, MachineKind]) -> dict[MachineKind, list[str]]:
    """The kinds of machines that a trial needs -> its home machines of that kind."""
    hosts_by_kind: dict[MachineKind, list[str]] = {}
    for host in home:
        hosts_by_kind.setdefault(kinds[host], []).append(host)
    return hosts_by_kind


def free_by_kind(
    needs: Mapping[MachineKind, Collection[str]], candidates: Iterable[str], kinds: Mapping[str, MachineKind]
) -> dict[MachineKind, list[str]] | None:
    """As many machines of each kind as are wanted, the first ones of `candidates`; None where there are too few."""
    free: dict[MachineKind, list[str]] = {kind: [] for kind in needs}
    missing = sum(map(len, needs.values()))
    for host in candidates:
        selection = free.get(kinds[host])
        if selection is None or len(selection) == len(needs[kinds[host]]):
            continue
        selection.append(host)
        missing -= 1
        if not missing:
            return free
    return None


def keep_at_home(
    needs: Mapping[MachineKind, Iterable[str]], free: Mapping[MachineKind, Collection[str]]
) -> dict[str, str]:
    """Home machine -> the machine in its place; itself where it is free."""
    names: dict[str, str] = {}
    for kind, home in needs.items():
        others = iter([host for host in free[kind] if host not in home])
        names |= {host: host if host in free[kind] else next(others) for host in home}
    return names


def dispensable(
    quarantined: Iterable[str],
    needs: Mapping[MachineKind, Collection[str]],
    alive: Iterable[str],
    kinds: Mapping[str, MachineKind],
) -> set[str]:
    """The quarantined machines without which a trial has enough; alive: the hosts that live."""
    quarantined = set(quarantined)
    others: dict[MachineKind, int] = {}
    for host in alive:
        if host in kinds and host not in quarantined:
            others[kinds[host]] = others.get(kinds[host], 0) + 1
    return {host for host in quarantined if others.get(kinds[host], 0) >= len(needs.get(kinds[host], ()))}
