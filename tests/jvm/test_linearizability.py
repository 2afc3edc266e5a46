"""The checker accepts what some order explains, and rejects the anomalies that a broken protocol would show."""

from __future__ import annotations

import itertools
import random

import pytest

from tests.jvm.linearizability import Operation, violation

_process = itertools.count()


def put(value: str, invoked: int, returned: int | None, key: str = "k") -> Operation:
    return Operation(next(_process), "set", key, value, invoked, returned)


def get(value: str, invoked: int, returned: int | None, key: str = "k") -> Operation:
    return Operation(next(_process), "get", key, value, invoked, returned)


GOOD = {
    "one after the other": [get("", 0, 1), put("a", 2, 3), get("a", 4, 5), put("b", 6, 7), get("b", 8, 9)],
    "a get during a set sees either value": [put("a", 0, 10), get("", 1, 2), get("a", 3, 4)],
    "concurrent sets take effect in any order": [put("a", 0, 10), put("b", 1, 9), get("b", 11, 12), get("b", 13, 14)],
    "an unanswered set may take effect late": [put("a", 0, 1), put("b", 2, None), get("a", 3, 4), get("b", 90, 91)],
    "an unanswered set may never take effect": [put("a", 0, 1), put("b", 2, None), get("a", 90, 91)],
    "an unanswered get demands nothing": [put("a", 0, 1), get("", 2, None), get("a", 3, 4)],
    "keys do not matter to each other": [put("a", 0, 1, "x"), get("", 2, 3, "y")],
    "a get that overlaps a chain of sets": [put("a", 0, 1), put("b", 2, 3), get("a", 0, 9)],
}
BAD = {
    "a stale get": [put("a", 0, 1), put("b", 2, 3), get("a", 4, 5)],
    "a lost set": [put("a", 0, 1), get("", 2, 3)],
    "a value from nowhere": [put("a", 0, 1), get("z", 2, 3)],
    "a value from the future": [get("a", 0, 1), put("a", 2, 3)],
    "values that go back": [put("a", 0, 20), get("a", 1, 2), get("", 3, 4)],
    "two readers disagree on the order": [
        put("a", 0, 30),
        put("b", 0, 30),
        get("a", 1, 2),
        get("b", 3, 4),
        get("a", 5, 6),
    ],
    "an unanswered set that comes and goes": [put("a", 0, 1), put("b", 2, None), get("b", 3, 4), get("a", 5, 6)],
    "a second key that is wrong": [put("a", 0, 1, "x"), get("a", 2, 3, "x"), put("b", 0, 1, "y"), get("", 2, 3, "y")],
}


@pytest.mark.parametrize("name", GOOD)
def test_accepts(name: str) -> None:
    assert violation(GOOD[name]) is None


@pytest.mark.parametrize("name", BAD)
def test_rejects(name: str) -> None:
    assert violation(BAD[name]) is not None


def simulate(seed: int) -> list[Operation]:
    """A history of a real register with eight processes: every operation takes effect at one moment of its own."""
    rng = random.Random(seed)
    plan = []
    for process in range(8):
        time = rng.randrange(20)
        for n in range(40):
            invoked, effect, returned = sorted(time + rng.randrange(1, 30) for _ in range(3))
            # Nothing returns at the very moment at which something else is invoked.
            plan.append((effect, rng.random(), process, n, 2 * invoked, 2 * returned + 1))
            time = returned + 1
    value = ""
    history = []
    for _, chance, process, n, invoked, returned in sorted(plan):
        if chance < 0.5:
            value = f"p{process}n{n}"
            history.append(Operation(process, "set", "k", value, invoked, returned))
        else:
            history.append(Operation(process, "get", "k", value, invoked, returned))
    return history


@pytest.mark.parametrize("seed", range(5))
def test_accepts_what_a_real_register_did_and_rejects_it_with_one_old_value(seed: int) -> None:
    history = simulate(seed)
    assert violation(history) is None
    gets = [o for o in history if o.op == "get" and o.value]
    late = gets[-1]
    earlier = next(o for o in gets if o.value != late.value)
    history[history.index(late)] = Operation(late.process, "get", "k", earlier.value, late.invoked, late.returned)
    assert violation(history) is not None
