"""The smallest sweep of fastmultipaxos: the values of FrankenPaxos's smoke."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="smoke",
    protocol="fastmultipaxos",
    about="two seconds of two closed loops: does everything run?",
    base={
        "leader.thrifty_system": "Random",
        "leader.resend_phase1as_timer_period_ms": 600_000,
        "leader.resend_phase2as_timer_period_ms": 600_000,
        "leader.phase2a_buffer_flush_period_ms": 600_000,
        "leader.value_chosen_buffer_flush_period_ms": 600_000,
        "leader.election.ping_period_ms": 600_000,
        "leader.election.no_ping_timeout_min_ms": 1_200_000,
        "leader.election.no_ping_timeout_max_ms": 1_500_000,
        "leader.election.not_enough_votes_timeout_min_ms": 1_200_000,
        "leader.election.not_enough_votes_timeout_max_ms": 1_500_000,
        "leader.heartbeat.fail_period_ms": 600_000,
        "leader.heartbeat.success_period_ms": 1_200_000,
        "client.repropose_period_ms": 600_000,
    },
    summary=("f", "num_client_procs", "num_clients_per_proc", "round_system_type"),
)
