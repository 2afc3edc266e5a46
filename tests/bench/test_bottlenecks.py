"""The constructions of `python -m bench.bottlenecks`, and how a verdict is judged."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bench import plain
from bench.bottlenecks.construction import AIMS, CLIENT, CONSTRUCTIONS, LONGEST_US, ROLES, SHORTEST_US, construction
from bench.bottlenecks.judge import is_right, limiting_roles, names_first, rows
from bench.bottlenecks.runs import _points
from fpray.driver.selection import select

_ALL = [construction(number) for number in range(1, CONSTRUCTIONS + 1)]


def _line(kind: str, role: str | None = None, more: float = 0.0, **gains: float) -> dict[str, Any]:
    verdict = {"bottleneck.kind": kind, "bottleneck.role": role}
    return {"what": "a construction", "gains": gains, "more load": more, "verdict": verdict}


def test_constructions_follow_from_their_numbers_and_are_of_each_kind() -> None:
    assert construction(7) == _ALL[6]
    assert {one.protocol for one in _ALL} == {*ROLES}
    assert min(Counter(one.aim for one in _ALL).values()) >= 10
    assert {one.aim for one in _ALL} == {*AIMS}
    roles = {role for own in ROLES.values() for role in own} | {CLIENT}
    assert {role for one in _ALL for role in one.burns} == roles
    assert all(SHORTEST_US <= micros <= LONGEST_US for one in _ALL for micros in one.burns.values())
    assert all(one.burns and 1 <= one.loops <= 200 for one in _ALL)
    assert 10 <= sum(one.pinned for one in _ALL) <= 50


@pytest.mark.heavy
def test_each_construction_can_be_planned_and_its_roles_are_there(tmp_path: Path) -> None:
    for one in _ALL[:40]:
        for times in (1, 4):
            trial = plain.the_trial(_points(one, times))
            assert select(_points(one, times)).trials == [trial]
        counts = {role.name: role.count(trial.params) for role in trial.protocol.roles}
        assert all(counts[role] for role in one.burns), one.in_words()
    args = {role: ["-Dfpray.burn_us=30"] for role in one.burns}
    plan = plain.plan_into(trial, tmp_path / "a", Path("/no.jar"), jvm_args=args)
    assert {process.role for process in plan.processes if "-Dfpray.burn_us=30" in process.argv} == {*one.burns}


@pytest.mark.parametrize(
    ("line", "right", "first"),
    [
        (_line("thread", "leader", leader=0.5, acceptor=0.01), True, True),
        (_line("thread", "acceptor", leader=0.5, acceptor=0.01), False, False),
        (_line("none", "acceptor", leader=0.5, acceptor=0.3), True, False),
        (_line("cpu", None, leader=0.5), False, False),
        (_line("cpu", "leader", leader=0.5), True, True),
        (_line("cpu", None, leader=0.1), True, True),
        (_line("thread", "leader", leader=0.1), False, True),
        (_line("none", "leader", more=0.6, leader=0.1), True, True),
        (_line("cpu", None, more=0.6, leader=0.1), False, True),
    ],
)
def test_a_verdict_is_right_if_what_it_names_costs_a_fifth(line: dict[str, Any], right: bool, first: bool) -> None:
    assert (is_right(line), names_first(line)) == (right, first)


def test_the_table_says_what_is_right_how_often_each_kind_came_and_what_was_wrong() -> None:
    lines = [_line("thread", "leader", leader=0.5), _line("cpu", None, leader=0.5, acceptor=0.3)]
    table = "\n".join(rows(lines, 3))
    assert limiting_roles(lines[1]) == ["leader", "acceptor"]
    assert "| right verdicts | 1 of 2 (1 still to be done) | 95% | **missed** |" in table
    assert "| verdict `none` | 0 | 10% | **missed** |" in table
    assert "| a construction | cpu None; without leader +50%, acceptor +30%; more load +0% | | wrong |" in table
    assert "acceptor +30% | | wrong |" in "\n".join(rows([{**lines[1], "more load": None}], 3))
    assert list(rows([], 3))
