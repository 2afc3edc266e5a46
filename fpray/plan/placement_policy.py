"""Which machines of its pool each role may use: spread over all, packed on one, or shared with no other role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fpray.errors import Problem, nearest

SPREAD, PACK, EXCLUSIVE = "spread", "pack", "exclusive"
WORDS = (SPREAD, PACK, EXCLUSIVE)
EVERY_ROLE = "*"


@dataclass(frozen=True)
class Want:
    """A role that is to be placed: its pool, the pool's machines, and on how many of them it has processes."""

    role: str
    pool: str
    hosts: tuple[str, ...]
    most: int


def parse_place(options: Sequence[str]) -> tuple[dict[str, str], list[Problem]]:
    """`HOW` or `ROLE=HOW` options as role (`*`: every other) -> word, and what is wrong with them."""
    found: dict[str, str] = {}
    problems = []
    for option in options:
        role, equals, word = option.rpartition("=")
        role = role if equals else EVERY_ROLE
        if word not in WORDS or not role:
            said = f"write {', '.join(WORDS)}, or one of them for a role, such as leader=exclusive"
            problems.append(Problem(f"--place {option}", said + nearest(word, WORDS)))
        elif found.setdefault(role, word) != word:
            who = f"of {role}" if equals else "of every role"
            problems.append(Problem(f"--place {option}", f"{found[role]} is said {who}, too: which is meant?"))
    return found, problems


def share_out(wants: Sequence[Want], words: Mapping[str, str]) -> tuple[dict[str, tuple[str, ...]], list[Problem]]:
    """Role -> the machines that it is dealt to, in the order of its pool; and what cannot be, with what is missing.

    An exclusive role has machines that no other role is on, at most one for each process. Where there are too few for
    that, roles take them in turns, and all that are not exclusive count as one. What the exclusive ones left is for the
    others: all of it to spread over, or the first machine to pack into.
    """
    if not words:
        return {want.role: want.hosts for want in wants}, []
    how = {want.role: words.get(want.role, words.get(EVERY_ROLE, SPREAD)) for want in wants}
    owned, problems = _owned(wants, how)
    taken = {host for role, hosts in owned.items() for host in hosts if role}
    machines = {}
    for want in wants:
        left = tuple(host for host in want.hosts if host not in taken)
        if how[want.role] == EXCLUSIVE:
            left = tuple(host for host in want.hosts if host in owned[want.role])
        machines[want.role] = left[:1] if how[want.role] == PACK else left
    return machines, problems


def _owned(wants: Sequence[Want], how: Mapping[str, str]) -> tuple[dict[str, list[str]], list[Problem]]:
    """Role -> the machines that are its own; of "" those that roles share that are not exclusive."""
    alone = [want for want in wants if how[want.role] == EXCLUSIVE]
    if not alone:
        return {}, []
    together = {want.hosts: want for want in sorted(wants, key=lambda want: want.most) if want not in alone}
    claims = [("", want) for want in together.values()] + [(want.role, want) for want in alone]
    owned: dict[str, list[str]] = {name: [] for name, _ in claims}
    short: list[Want] = []

    def claim(name: str, want: Want, most: int) -> bool:
        """Whether it has that many; it takes one more machine if it has fewer and one is free."""
        own = [host for host in owned[name] if host in want.hosts]
        # From the end of the pool, where others begin at its start: they stay where they would be alone.
        order = reversed(want.hosts) if name and together else want.hosts
        free = (host for host in order if not any(host in hosts for hosts in owned.values()))
        if len(own) < most and (more := next(free, None)) is not None:
            owned[name].append(more)
            own.append(more)
        return len(own) >= most

    for name, want in sorted(claims, key=lambda each: len(each[1].hosts)):  # first those who have the least choice
        if not claim(name, want, 1):
            short.append(want)
    for most in range(2, 1 + max(want.most for _, want in claims)):
        for name, want in claims:
            claim(name, want, min(most, want.most))
    return owned, [_problem(hosts, short, claims) for hosts in dict.fromkeys(want.hosts for want in short)]


def _problem(hosts: Sequence[str], short: Iterable[Want], claims: Iterable[tuple[str, Want]]) -> Problem:
    """What is missing among some machines."""
    missing = [want for want in short if want.hosts == hosts]
    rivals = [(name, want) for name, want in claims if set(want.hosts) & set(hosts)]
    alone = [want for name, want in rivals if name]
    pools = ", ".join(dict.fromkeys(want.pool for want in alone if want.hosts == hosts) or [missing[0].pool])
    roles = " or ".join(filter(None, (", ".join(want.role for want in alone[:-1]), alone[-1].role)))
    there = f"{len(hosts)} there: {', '.join(hosts)}" if len(hosts) > 1 else f"1 there: {hosts[0]}"
    return Problem(
        f"pool{'s' if ', ' in pools else ''} {pools}",
        f"{len(missing)} more machine{'s' if len(missing) > 1 else ''} needed: no other role may be on a machine of"
        f" {roles} (--place), and there {'are' if len(hosts) > 1 else 'is'} {there}",
    )
