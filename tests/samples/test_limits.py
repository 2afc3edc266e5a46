"""What limits a trial, on tables that are made: one for each kind of verdict, and what may be taken for it."""

from __future__ import annotations

import pytest

from fpray.samples.limits import bottleneck
from fpray.store.bottleneck import COLUMNS, Bottleneck, Kind, bottleneck_of
from tests.samples.made import BEGIN, SECONDS, WINDOW, machine, process, rows, table, verdict

ALWAYS = round((SECONDS + 0.5) / (SECONDS + 1), 4)


def test_a_thread_that_always_has_work_limits_the_trial_on_a_machine_that_is_idle() -> None:
    limit = verdict(machine(1.4, cores=64), process("server", 0.97), process("client_0", 0.4))
    assert limit == Bottleneck(Kind.THREAD, "server", "server", 0.97, ALWAYS)


def test_the_busiest_of_several_instances_is_named() -> None:
    acceptors = [process(f"acceptor_{k}", busy) for k, busy in enumerate((0.90, 0.98, 0.93))]
    limit = verdict(machine(3.5), process("leader_0", 0.5), *acceptors, process("client_0", 0.2))
    assert (limit.kind, limit.role, limit.label) == (Kind.THREAD, "acceptor", "acceptor_1")


def test_a_client_that_always_has_work_limits_the_trial() -> None:
    limit = verdict(machine(1.4), process("server", 0.5), process("client_0", 0.99))
    assert (limit.kind, limit.role, limit.label) == (Kind.CLIENT, "client", "client_0")


def test_a_loop_that_polls_is_not_busy() -> None:
    limit = verdict(machine(2.0), process("server", 1.0, busy=0.2), process("client_0", 1.0, busy=0.1))
    assert (limit.kind, limit.role, limit.share) == (Kind.NONE, "server", 0.2)


@pytest.mark.parametrize("thread", ["C2 CompilerThre", "G1 Conc#0"])
def test_a_compiler_or_a_collector_is_no_event_loop(thread: str) -> None:
    """It is the busiest thread in half of the seconds: the others show the event loop."""
    loop = rows(machine(1.5), process("server", 0.3, thread="loop"), seconds=5)
    other = rows(machine(2.5), process("server", 0.99, thread=thread), begin=BEGIN + 5_000_000_000, seconds=5)
    limit = bottleneck(table([*loop, *other]), WINDOW, ["client_0"])
    assert (limit.kind, limit.share) == (Kind.NONE, 0.3)
    assert bottleneck(table(other), WINDOW, ["client_0"]) == Bottleneck()


def test_nothing_is_saturated_when_the_load_is_small() -> None:
    limit = verdict(machine(0.6), process("leader_0", 0.3), process("replica_0", 0.2), process("client_0", 0.1))
    assert limit == Bottleneck(Kind.NONE, "leader", "leader_0", 0.3, ALWAYS)


def test_many_threads_that_share_few_cores_are_limited_by_the_cores() -> None:
    roles = ("batcher", "leader", "proxy_leader", "acceptor", "replica")
    servers = [process(f"{role}_{k}", 0.14, busy=0.95, stood=0.81) for role in roles for k in range(3)]
    limit = verdict(machine(2.0, cores=2), *servers, process("client_0", 0.05, busy=0.2, stood=0.1))
    assert limit == Bottleneck(Kind.CPU, None, "a", 1.0, ALWAYS)


def test_a_role_that_holds_most_of_the_cores_is_named_with_them() -> None:
    acceptors = [process(f"acceptor_{k}", 0.45, busy=0.98, stood=0.5) for k in range(3)]
    limit = verdict(machine(2.0, cores=2), process("leader_0", 0.4, stood=0.3), *acceptors)
    assert (limit.kind, limit.role, limit.label) == (Kind.CPU, "acceptor", "a")


def test_a_thread_limits_a_trial_on_a_machine_that_others_fill() -> None:
    limit = verdict(machine(4.0), process("server", 0.5, stood=0.48), process("client_0", 0.2, stood=0.2))
    assert (limit.kind, limit.label) == (Kind.THREAD, "server")


def test_a_thread_limits_a_trial_beside_many_busy_loops_of_others() -> None:
    """Each thread waits most of the time; the clients have little to do when they run."""
    server = process("server", 0.2, busy=0.98, stood=0.79)
    limit = verdict(machine(2.0, cores=2), server, process("client_0", 0.1, busy=0.6, stood=0.7))
    assert (limit.kind, limit.label) == (Kind.THREAD, "server")


def test_servers_that_share_one_core_of_two_are_limited_by_it() -> None:
    """The client is pinned to the other one: the machine is not full."""
    servers = [process(f"{role}_0", 0.3, busy=0.95, stood=0.65) for role in ("a", "b", "c")]
    others = [process(f"{role}_0", 0.02, busy=0.9, stood=0.6) for role in ("d", "e")]
    limit = verdict(machine(1.1, cores=2), *servers, *others, process("client_0", 0.15))
    assert limit.kind is Kind.THREAD  # without the work of one of the three, the others gain a third of the core
    servers = [process(f"{role}_0", 0.16, busy=0.95, stood=0.79) for role in "abcdef"]
    limit = verdict(machine(1.1, cores=2), *servers, process("client_0", 0.15))
    assert (limit.kind, limit.role) == (Kind.CPU, None)


def test_a_cgroup_that_stops_the_processes_is_a_limit_of_the_cores() -> None:
    limit = verdict(machine(1.0, cores=8, cpu_limit=1.0, throttled=0.9), process("server", 0.3), process("b_0", 0.3))
    assert (limit.kind, limit.share) == (Kind.CPU, 1.0)


def test_a_machine_of_clients_alone_that_is_full_is_a_limit_of_the_clients() -> None:
    here = {"host": "b"}
    clients = [{**process(f"client_{k}", 0.25, busy=0.7, stood=0.5), **here} for k in range(8)]
    labels = [f"client_{k}" for k in range(8)]
    limit = verdict(machine(1.0), process("server", 0.6), {**machine(2.0, cores=2), **here}, *clients, clients=labels)
    assert (limit.kind, limit.role, limit.label) == (Kind.CLIENT, "client", "b")


def test_a_full_link_is_named_by_its_machine() -> None:
    limit = verdict(machine(1.0, link_share=0.97), process("server", 0.9), process("client_0", 0.3))
    assert limit == Bottleneck(Kind.NETWORK, None, "a", 0.97, ALWAYS)


def test_a_collector_that_stops_its_process_for_long_comes_before_the_thread() -> None:
    limit = verdict(machine(2.0), process("server", 0.97, gc=0.41), process("client_0", 0.3, gc=0.01))
    assert (limit.kind, limit.role, limit.share) == (Kind.GC, "server", 0.41)


def test_cores_that_the_host_takes_away_limit_what_would_be_busy() -> None:
    limit = verdict(machine(1.2, cores=2, steal=0.6), process("server", 0.6, busy=0.97), process("client_0", 0.3))
    assert (limit.kind, limit.role, limit.label, limit.share) == (Kind.STEAL, None, "a", 0.3333)
    idle = verdict(machine(0.4, cores=2, steal=0.2), process("server", 0.2), process("client_0", 0.1))
    assert idle.kind is Kind.NONE


def test_only_the_window_counts() -> None:
    warmup = rows(machine(1.0), process("client_0", 1.0), begin=BEGIN - 5_000_000_000, seconds=5)
    window = rows(machine(1.0), process("server", 0.99), process("client_0", 0.2))
    after = rows(machine(1.0), process("client_0", 1.0), begin=WINDOW[1], seconds=30)
    assert bottleneck(table([*warmup, *window, *after]), WINDOW, ["client_0"]).kind is Kind.THREAD


@pytest.mark.parametrize(("seconds", "confidence"), [(10, 10.5 / 11), (8, 8.5 / 11)])
def test_the_confidence_is_the_share_of_seconds_that_say_the_same(seconds: int, confidence: float) -> None:
    begin = BEGIN + seconds * 1_000_000_000
    busy = rows(machine(1.2), process("server", 0.99), process("client_0", 0.2), seconds=seconds)
    less = rows(machine(1.2), process("server", 0.7), process("client_0", 0.2), begin=begin, seconds=10 - seconds)
    limit = bottleneck(table([*busy, *less]), WINDOW, ["client_0"])
    assert (limit.kind, limit.confidence) == (Kind.THREAD, round(confidence, 4))


def test_machines_with_moments_of_their_own_make_the_same_seconds() -> None:
    """Each reads a little early or late; a second of all of them is looked at as one."""
    other = [{**row, "host": "b"} for row in rows(machine(1.2), process("client_0", 0.2), begin=BEGIN + 480_000_000)]
    own = rows(machine(1.2), process("server", 0.99))
    late = [{**row, "time": row["time"] + (-1) ** k * 20_000_000} for k, row in enumerate(own)]
    assert bottleneck(table([*late, *other]), WINDOW, ["client_0"]).confidence == ALWAYS


def test_without_samples_in_the_window_nothing_is_claimed() -> None:
    nothing = bottleneck(table([]), WINDOW, ["client_0"])
    assert nothing == Bottleneck()
    assert nothing.columns() == dict.fromkeys(COLUMNS)
    assert verdict(machine(1.0)) == Bottleneck()
    assert verdict(machine(1.0), {"role": "server", "label": "server", "cpu": 1.0}) == Bottleneck()


def test_a_verdict_is_read_back_from_the_results_that_it_is_written_to() -> None:
    limit = Bottleneck(Kind.CPU, None, "a", 0.99, 0.9)
    assert bottleneck_of(limit.columns()) == limit
    assert limit.columns()["bottleneck.kind"] == "cpu"


@pytest.mark.parametrize("results", [{}, dict.fromkeys(COLUMNS), {"bottleneck.kind": "magic"}, {"bottleneck.kind": []}])
def test_results_that_say_nothing_of_it_have_no_verdict(results: dict[str, object]) -> None:
    assert bottleneck_of(results) is None


def test_what_others_have_written_is_not_trusted() -> None:
    results = {"bottleneck.kind": "thread", "bottleneck.role": 3, "bottleneck.share": 7.0, "bottleneck.confidence": "x"}
    assert bottleneck_of(results) == Bottleneck(Kind.THREAD)
