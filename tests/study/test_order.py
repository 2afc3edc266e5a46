"""The order of trials: repeats are interleaved, and a suite keeps the order that it began with."""

from __future__ import annotations

from typing import Any

from fpray.plan.plan import Trial
from fpray.study.order import Order
from fpray.study.registry import find_protocol


def test_repeats_are_interleaved_in_a_recorded_order() -> None:
    protocol = find_protocol("unreplicated")
    points = [protocol.params(num_client_procs=n) for n in (1, 4, 2, 3)]
    trials = [Trial(protocol, params, repeat) for params in points for repeat in range(3)]

    def rounds(order: Order, of: list[Trial[Any]]) -> list[list[int]]:
        arranged = order.arranged(of)
        return [[t.params.num_client_procs for t in arranged if t.repeat == number] for number in range(3)]

    assert [t.repeat for t in Order("random", 7).arranged(trials)] == [0] * 4 + [1] * 4 + [2] * 4
    assert rounds(Order("grid"), trials) == [[1, 4, 2, 3]] * 3
    assert rounds(Order("largest-first"), trials) == [[4, 3, 2, 1]] * 3
    draws = rounds(Order("random", 7), trials)
    assert draws == rounds(Order("random", 7), trials[::-1]), "whatever the list is, a seed gives one order"
    assert len({tuple(numbers) for numbers in draws}) > 1, "rounds are drawn apart"
    record = Order("random", 7).to_json()
    assert Order.decide(None, record, several_machines=False) == Order("random", 7), "a suite keeps its order"
    assert Order.decide(None, None, several_machines=True).kind == "random"
    assert Order.decide(None, None, several_machines=False).kind == "grid"
