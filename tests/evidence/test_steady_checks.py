"""What can be doubted about a trial over time, about its clients, and about the number of its requests."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fpray.evidence.evidence import Evidence, MachineEvidence, doubts
from fpray.evidence.steady_checks import STEADY_CHECKS
from fpray.recorder.steadiness import Steadiness
from tests.evidence.test_checks import GOOD

MACHINE = MachineEvidence("a", 2, others=0.0, stolen=0.0, waited=0.0)


def _sentences(evidence: Evidence) -> list[str]:
    return [doubt.sentence for doubt in doubts(evidence, STEADY_CHECKS)]


def _steady(**values: float | str) -> Evidence:
    return replace(GOOD, before_s=5.0, steadiness=Steadiness(**values))  # type: ignore[arg-type]


def test_a_steady_trial_has_no_doubt() -> None:
    assert _sentences(GOOD) == []
    assert _sentences(_steady(settled_throughput=1000.0)) == []
    assert _sentences(replace(GOOD, machines=[replace(MACHINE, clients={"client_0": 0.89})])) == []


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"stalled_s": 2.0, "stalled_at_s": 3.5}, "nearly no request was answered for 2.00 s, from 3.50 s after"),
        (
            {"warmup_s": 2.3, "warmup_change": 0.4, "settled_throughput": 1234.4},
            "the throughput rose by 40% until 2.3 s after the clients began to measure. After that, it was 1234 re",
        ),
        (
            {"drift": -0.12},
            "the throughput fell by 12% from the beginning to the end of the measured time, and that is",
        ),
        ({"warmup_s": 1.0, "warmup_change": -0.2, "drift": 0.1}, "of the measured time after the warm-up, and"),
        (
            {"far": "client_3", "far_ratio": 1.5},
            "the mean latency of client_3 is 1.50 times that of the other clients.",
        ),
    ],
)
def test_what_was_not_steady_is_named_with_its_size(values: dict[str, float | str], sentence: str) -> None:
    assert sentence in " ".join(_sentences(_steady(**values)))


def test_a_client_that_uses_its_core_is_named() -> None:
    machines = [replace(MACHINE, clients={"client_0": 0.2, "client_1": 0.97, "client_2": 0.92})]
    (sentence,) = _sentences(replace(GOOD, machines=machines))
    assert sentence.startswith("client_1 used 97% of a core (and so did 1 other client). A client serves all of its")


def test_clients_that_use_a_whole_machine_are_named() -> None:
    clients = {f"client_{number}": 0.62 for number in range(3)}
    (sentence,) = _sentences(replace(GOOD, machines=[replace(MACHINE, clients=clients)]))
    assert sentence.startswith("the clients on machine a used 1.9 of its 2 cores, so they may be what limits")
    assert _sentences(replace(GOOD, machines=[replace(MACHINE, cores=4, clients=clients)])) == []


def test_clocks_that_surely_differ_are_named() -> None:
    def sentences(clock_ms: tuple[float, float]) -> list[str]:
        machines = [replace(MACHINE, clock_ms=(-1.0, 1.0)), replace(MACHINE, host="b", clock_ms=clock_ms)]
        return _sentences(replace(GOOD, machines=machines))

    (sentence,) = sentences((4.5, 5.5))
    assert sentence.startswith("the wall clock of machine b is 3.5 to 6.5 ms ahead of that of machine a, so the rows")
    assert sentences((0.5, 1.5)) == sentences((-3.0, 9.0)) == [], "they may be equal"


def test_groups_and_few_requests_and_weak_reads_are_named() -> None:
    """E2: reads that may return an older value are named."""
    assert "the mean of up to 10 requests" in _sentences(replace(GOOD, largest_count=10))[0]
    assert "--set measurement_group_size=1" in _sentences(replace(GOOD, largest_count=10, grouped=True))[0]
    (sentence,) = _sentences(replace(GOOD, thin={"measured.latency.p99_ms": 368}))
    assert sentence.startswith(
        "1000 requests are too few for an interval of these quantiles: measured.latency.p99_ms ("
    )
    (sentence,) = _sentences(replace(GOOD, weak_reads="eventual"))
    assert sentence.startswith("the reads are eventual, not linearizable")
