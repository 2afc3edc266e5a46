"""The smallest sweep of simplegcbpaxos: the values of FrankenPaxos's smoke."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="smoke",
    protocol="simplegcbpaxos",
    about="two seconds of two closed loops: does everything run?",
    base={
        "leader_options.resend_dependency_requests_timer_period": "60s",
        "proposer_options.resend_phase1as_timer_period": "60s",
        "proposer_options.resend_phase2as_timer_period": "60s",
        "replica_options.recover_vertex_timer_min_period": "60s",
        "replica_options.recover_vertex_timer_max_period": "120s",
        "replica_zigzag_options.vertices_grow_size": 1000,
        "client_options.repropose_period": "60s",
    },
    summary=("f", "num_client_procs", "num_leaders"),
)
