"""Which machines of its pool each role may use: spread over all, packed on one, or shared with no other role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fpray.errors import Cause, Problem, nearest
from fpray.plan.words import number_of

SPREAD, PACK, EXCLUSIVE = "spread", "pack", "exclusive"
WORDS = (SPREAD, PACK, EXCLUSIVE)
EVERY_ROLE = "*"


@dataclass(frozen=True)
class Demand:
    """A role that must be placed: its pool, the pool's machines, and on how many of them it can be at most."""

    role: str
    pool: str
    hosts: tuple[str, ...]
    most: int


@dataclass(frozen=True)
class _Claim:
    """A demand for machines that no other claim has. role: "" for machines that all non-exclusive roles share."""

    role: str
    demand: Demand


Reserved = dict[str, list[str]]  # the role of a claim -> its machines


def parse_place(options: Sequence[str]) -> tuple[dict[str, str], list[Problem]]:
    """`HOW` or `ROLE=HOW` options as role (`*`: every other) -> policy, and what is wrong with them."""
    policy: dict[str, str] = {}
    problems = []
    for option in options:
        role, equals, word = option.rpartition("=")
        role = role if equals else EVERY_ROLE
        if word not in WORDS or not role:
            form = "must be spread, pack or exclusive, or one of them for a role, such as --place leader=exclusive"
            problems.append(Problem(f"--place {option}", form + nearest(word, WORDS), Cause.OPTION))
        elif policy.setdefault(role, word) != word:
            other = f"{role}={policy[role]}" if equals else policy[role]
            problems.append(
                Problem(f"--place {option}", f"conflicts with --place {other}: remove one of the two", Cause.OPTION)
            )
    return policy, problems


def place_texts(policy: Mapping[str, str]) -> list[str]:
    """The options that `parse_place` reads as this policy."""
    return [word if role == EVERY_ROLE else f"{role}={word}" for role, word in policy.items()]


def machines_by_role(
    demands: Sequence[Demand], policy: Mapping[str, str]
) -> tuple[dict[str, tuple[str, ...]], list[Problem]]:
    """Role -> the machines to which its processes are assigned, in the pool's order; and which machines are missing.

    An exclusive role has machines on which there is no other role, at most one for each process. If there are too few
    machines for that, roles take them in turns; the roles that are not exclusive count as one. The other roles share
    the rest: they spread over all of it, or are packed on its first machine.
    """
    if not policy:
        return {demand.role: demand.hosts for demand in demands}, []
    how = {demand.role: policy.get(demand.role, policy.get(EVERY_ROLE, SPREAD)) for demand in demands}
    claims = _claims(demands, how)
    reserved, short = _reserve(claims)
    exclusive = {host for role, hosts in reserved.items() for host in hosts if role}
    machines = {}
    for demand in demands:
        if how[demand.role] == EXCLUSIVE:
            machines[demand.role] = tuple(host for host in demand.hosts if host in reserved[demand.role])
            continue
        rest = tuple(host for host in demand.hosts if host not in exclusive)
        machines[demand.role] = rest[:1] if how[demand.role] == PACK else rest
    pools = dict.fromkeys(demand.hosts for demand in short)
    return machines, [_problem(hosts, short, claims) for hosts in pools]


def _claims(demands: Sequence[Demand], how: Mapping[str, str]) -> list[_Claim]:
    """One claim for each exclusive role, and one for each set of machines that other roles share. None without any."""
    exclusive = [demand for demand in demands if how[demand.role] == EXCLUSIVE]
    if not exclusive:
        return []
    # Of the roles that share the same machines, the one with the most processes speaks for all.
    by_size = sorted(demands, key=lambda demand: demand.most)
    by_hosts = {demand.hosts: demand for demand in by_size if demand not in exclusive}
    return [_Claim("", demand) for demand in by_hosts.values()] + [_Claim(demand.role, demand) for demand in exclusive]


def _reserve(claims: Sequence[_Claim]) -> tuple[Reserved, list[Demand]]:
    """The machines of each claim, and the demands for which there is not even one machine."""
    reserved: Reserved = {claim.role: [] for claim in claims}
    scarcest_first = sorted(claims, key=lambda claim: len(claim.demand.hosts))
    short = [claim.demand for claim in scarcest_first if not _take(claim, 1, reserved)]
    for count in range(2, 1 + max((claim.demand.most for claim in claims), default=0)):
        for claim in claims:
            _take(claim, min(count, claim.demand.most), reserved)
    return reserved, short


def _take(claim: _Claim, count: int, reserved: Reserved) -> bool:
    """Reserve one more free machine if the claim has fewer than `count`; whether it has that many then."""
    own = [host for host in reserved[claim.role] if host in claim.demand.hosts]
    if len(own) >= count:
        return True
    # An exclusive role takes machines from the end of the pool, where other roles begin at its start: so these stay
    # where they would be without the exclusive role.
    from_end = claim.role and "" in reserved
    order = reversed(claim.demand.hosts) if from_end else iter(claim.demand.hosts)
    free = next((host for host in order if not any(host in hosts for hosts in reserved.values())), None)
    if free is None:
        return False
    reserved[claim.role].append(free)
    return len(own) + 1 >= count


def _problem(hosts: Sequence[str], short: Sequence[Demand], claims: Sequence[_Claim]) -> Problem:
    """What is missing among some machines."""
    missing = [demand for demand in short if demand.hosts == hosts]
    rivals = [claim.demand for claim in claims if claim.role and set(claim.demand.hosts) & set(hosts)]
    pools = dict.fromkeys(demand.pool for demand in rivals if demand.hosts == hosts) or {missing[0].pool: None}
    roles = " or ".join(filter(None, (", ".join(demand.role for demand in rivals[:-1]), rivals[-1].role)))
    is_or_are = "are" if len(hosts) > 1 else "is"
    return Problem(
        f"pool{'s' if len(pools) > 1 else ''} {', '.join(pools)}",
        f"{number_of(len(missing), 'more machine')} needed: there {is_or_are} {len(hosts)}"
        f" ({', '.join(hosts)}), and --place allows no other role on a machine of {roles}. Add machines"
        f" to {', '.join(pools)} (docs/clusters.md), or write another --place, such as --place pack",
        Cause.MACHINES,
    )
