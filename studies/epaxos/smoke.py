"""The smallest sweep of epaxos: the values of FrankenPaxos's smoke."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="smoke",
    protocol="epaxos",
    about="two seconds of two closed loops: does everything run?",
    base={
        "replica_options.thrifty_system": "Random",
        "replica_options.resend_pre_accepts_timer_period": "600s",
        "replica_options.default_to_slow_path_timer_period": "600s",
        "replica_options.resend_accepts_timer_period": "600s",
        "replica_options.resend_prepares_timer_period": "600s",
        "replica_options.recover_instance_timer_min_period": "600s",
        "replica_options.recover_instance_timer_max_period": "1200s",
        "replica_zigzag_options.vertices_grow_size": 1000,
        "client_options.repropose_period": "600s",
    },
    summary=("f", "num_client_procs"),
)
