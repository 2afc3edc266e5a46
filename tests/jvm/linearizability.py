"""Is a history of gets and sets linearizable, key by key?

Linearizability is local, so each key is a register of its own. The search is Lowe's just-in-time form of Wing and
Gong's: walk through invocations and returns in time, and keep the set of configurations (value of the register, which
of the operations under way have taken effect) that explain everything so far. The set is the memo: histories that lead
to the same configuration are searched once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Configuration = tuple[str, frozenset[int]]


@dataclass(frozen=True)
class Operation:
    """One get or set; `returned` is None if it was never answered, "" is the value of a key that was never set."""

    process: int
    op: str
    key: str
    value: str
    invoked: int
    returned: int | None


def read_history(text: str) -> list[Operation]:
    """Rows that fpray.history.HistoryMain has written, without the header."""
    rows = (line.split(",") for line in text.splitlines())
    return [
        Operation(int(process), op, key, value, int(invoked), int(returned) if returned else None)
        for process, op, key, value, invoked, returned in rows
    ]


def violation(history: Iterable[Operation]) -> str | None:
    """Why the history is not linearizable, or None if it is."""
    by_key: dict[str, list[Operation]] = {}
    for operation in history:
        by_key.setdefault(operation.key, []).append(operation)
    for operations in by_key.values():
        if (stuck := _first_unexplained(operations)) is not None:
            return f"no order of the operations explains {stuck}"
    return None


def _first_unexplained(operations: list[Operation]) -> Operation | None:
    # A get that was never answered has no effect and no result: it explains and demands nothing.
    certain = [o for o in operations if o.returned is not None or o.op == "set"]
    events = [(o.invoked, 1, i) for i, o in enumerate(certain)]
    # At equal times a return counts as before an invocation: the stricter reading.
    events += [(o.returned, 0, i) for i, o in enumerate(certain) if o.returned is not None]
    under_way: set[int] = set()
    configurations: set[Configuration] = {("", frozenset())}
    for _, is_invocation, i in sorted(events):
        if is_invocation:
            under_way.add(i)
            continue
        reached = _with_effect(i, configurations, certain, under_way)
        if not reached:
            return certain[i]
        configurations = {(value, done - {i}) for value, done in reached}
        under_way.discard(i)
    return None


def _with_effect(
    returning: int, configurations: set[Configuration], operations: list[Operation], under_way: set[int]
) -> set[Configuration]:
    """The configurations in which the returning operation has taken effect, after any others that are under way."""
    reached: set[Configuration] = set()
    so_far = set(configurations)
    todo = list(configurations)
    while todo:
        value, done = todo.pop()
        if returning in done:
            reached.add((value, done))
            continue
        for i in under_way - done:
            operation = operations[i]
            if operation.op == "get" and operation.value != value:
                continue
            after = (operation.value, done | {i})
            if after not in so_far:
                so_far.add(after)
                todo.append(after)
    return reached
