"""The smallest sweep of simplebpaxos: the values of FrankenPaxos's smoke."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="smoke",
    protocol="simplebpaxos",
    about="two seconds of two closed loops: does everything run?",
    base={
        "jvm_heap_size": "500m",
        "leader_options.resend_dependency_requests_timer_period": "600s",
        "proposer_options.resend_phase1as_timer_period": "600s",
        "proposer_options.resend_phase2as_timer_period": "600s",
        "dep_service_node_options.top_k_dependencies": 1,
        "replica_options.recover_vertex_timer_min_period": "600s",
        "replica_options.recover_vertex_timer_max_period": "600s",
        "replica_options.num_blockers": 1,
        "replica_zigzag_options.vertices_grow_size": 1000,
        "client_options.repropose_period": "600s",
    },
    summary=("f", "num_client_procs", "num_leaders"),
)
