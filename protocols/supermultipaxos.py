"""MultiPaxos with all roles in one process: node i is leader, acceptor, replica and proxy i."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fpray.errors import Problem
from fpray.params import seconds
from fpray.protocol import Endpoint, Protocol, Role
from fpray.protocol.flags import option_flags
from fpray_protocols import multipaxos
from fpray_protocols.common import DistributionScheme, StateMachine, exactly

_MULTIPAXOS = multipaxos.MULTIPAXOS


@dataclass(frozen=True)
class Params(multipaxos.Params):
    """One trial of super MultiPaxos: the parameters of MultiPaxos. The nodes have the leaders' heap and log level."""

    num_leaders: int = 3
    num_proxy_leaders: int = 3
    num_acceptor_groups: int = 1
    num_replicas: int = 3
    num_proxy_replicas: int = 3
    distribution_scheme: DistributionScheme = DistributionScheme.COLOCATED
    state_machine: StateMachine = "Noop"


# Flags that leaders and proxy replicas accept, and super nodes do not.
_UNKNOWN = ("leader.noopFlushPeriod", "proxy_replica.batchFlush")


def _options(p: multipaxos.Params) -> dict[str, object]:
    return {
        **option_flags("leader", p.leader_options),
        **option_flags("proxy_leader", p.proxy_leader_options),
        **option_flags("replica", p.replica_options),
        **option_flags("proxy_replica", p.proxy_replica_options),
        **(option_flags("batcher", p.batcher_options) if p.num_batchers else {}),
    }


def _constraints(p: multipaxos.Params) -> Iterator[Problem]:
    for name in ("num_leaders", "num_proxy_leaders", "num_replicas", "num_proxy_replicas", "num_acceptors_per_group"):
        yield from exactly(p.f, "2f+1", **{name: getattr(p, name)})
    if p.num_batchers:
        yield from exactly(p.f, "2f+1", num_batchers=p.num_batchers)
    for name, need in (("num_acceptor_groups", 1), ("num_read_batchers", 0), ("flexible", False)):
        if (value := getattr(p, name)) != need:
            yield Problem(f"{name}={value}", f"a super node needs {name}={need}")
    if p.distribution_scheme is not DistributionScheme.COLOCATED:
        yield Problem(f"distribution_scheme={p.distribution_scheme.name}", "a super node needs COLOCATED")
    if p.state_machine != "Noop":
        yield Problem(f"state_machine={p.state_machine}", "must be Noop: a super node always runs it")
    if p.leader_options.noop_flush_period or p.proxy_replica_options.batch_flush:
        options = "leader_options.noop_flush_period, proxy_replica_options.batch_flush"
        yield Problem(
            options,
            "a super node (all roles in one process) has no such flags: remove them, so that they stay at 0s and false",
        )
    # Problems of counts are left out here: the checks above are stricter.
    counts = ("num_leaders", "num_proxy", "num_replicas", "num_batchers", "num_acceptor", "num_read_batchers")
    yield from (problem for problem in _MULTIPAXOS.constraints(p) if not problem.about.startswith(counts))


SUPERMULTIPAXOS = Protocol(
    name="supermultipaxos",
    summary="MultiPaxos, all roles of a machine in one process",
    jobs="multipaxos",
    package="frankenpaxos.multipaxos",
    params=Params,
    faults=lambda p: p.f,
    roles=(
        Role(
            name="super_node",
            count=lambda p: p.num_leaders,
            # Each node sleeps for 3 s before it makes its leader. The leader sends its Phase1as once.
            starts_within=seconds(3),
            listens=(
                "leader",
                "leader_election",
                Endpoint("batcher", lambda p, i: [i] if p.num_batchers else []),
                "proxy_leader",
                Endpoint("acceptor", lambda p, i: [(0, *i)]),
                "replica",
                "proxy_replica",
                Endpoint("read_batcher", lambda p, i: []),
            ),
            pool="leaders",
            heap="leader_jvm_heap_size",
            log_level="leader_log_level",
            flags=lambda p, at: {flag: value for flag, value in _options(p).items() if flag not in _UNKNOWN},
        ),
        _MULTIPAXOS.role("client"),
    ),
    port_order=_MULTIPAXOS.port_order,
    config=_MULTIPAXOS.config,
    files=_MULTIPAXOS.files,
    loops=_MULTIPAXOS.loops,
    outputs=_MULTIPAXOS.outputs,
    constraints=_constraints,
    constraints_in_words=(
        "num_leaders, num_proxy_leaders, num_replicas, num_proxy_replicas, num_acceptors_per_group: exactly 2f+1",
        "num_batchers: 0 or 2f+1; num_read_batchers=0; num_acceptor_groups=1; flexible=false",
        "distribution_scheme=COLOCATED, state_machine=Noop",
        "timeout >= duration, warmup_timeout >= warmup_duration",
    ),
    deviations=(
        "It works: FrankenPaxos's module fails at an outdated constructor call, and its suites lack 12 parameters.",
        (
            "Its clients are those of multipaxos, with all flags, the heap, three workload files, and read and "
            "write columns; FrankenPaxos's module gives only a part of these."
        ),
        "Every endpoint is on its node's machine; in FrankenPaxos each is assigned from its own list.",
        "A state machine other than Noop is refused, because the jar has no flag for it.",
        (
            "If not all nodes listen within 3 s, the trial is started again; in FrankenPaxos such a trial measures "
            "nothing."
        ),
    ),
)
