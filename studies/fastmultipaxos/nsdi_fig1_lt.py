"""Latency against throughput of MultiPaxos: NSDI submission on BPaxos, figure 1."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="nsdi_fig1_lt",
    protocol="fastmultipaxos",
    about="NSDI figure 1: latency and throughput for f of 1 and 2",
    figure={"kind": "lt", "by": ["f"]},
    base={
        "num_warmup_clients_per_proc": 50,
        "jvm_heap_size": "32g",
        "warmup_duration": "5s",
        "warmup_timeout": "10s",
        "warmup_sleep": "5s",
        "duration_seconds": 15,
        "timeout_seconds": 20,
        "state_machine": "KeyValueStore",
        "workload.name": "BernoulliSingleKeyWorkload",
        "workload.size_mean": 8,
        "leader.thrifty_system": "Random",
        "leader.resend_phase1as_timer_period_ms": 600000,
        "leader.resend_phase2as_timer_period_ms": 600000,
        "leader.phase2a_buffer_flush_period_ms": 600000,
        "leader.value_chosen_buffer_flush_period_ms": 600000,
        "leader.election.ping_period_ms": 600000,
        "leader.election.no_ping_timeout_min_ms": 1200000,
        "leader.election.no_ping_timeout_max_ms": 1500000,
        "leader.election.not_enough_votes_timeout_min_ms": 1200000,
        "leader.election.not_enough_votes_timeout_max_ms": 1500000,
        "leader.heartbeat.fail_period_ms": 600000,
        "leader.heartbeat.success_period_ms": 1200000,
        "client.repropose_period_ms": 600000,
    },
    points=tuple(
        {"f": f, "num_client_procs": procs, "num_clients_per_proc": loops}
        for f in (1, 2)
        for procs, loops in ((1, 1), (1, 10), (5, 10), (5, 20), (6, 50), (6, 100), (12, 100))
    ),
    repeat=3,
    summary=("f", "num_client_procs", "num_clients_per_proc"),
)
