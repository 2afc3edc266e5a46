"""Latency against throughput of EPaxos, by conflict rate: NSDI submission on BPaxos, figure 1."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="nsdi_fig1_lt",
    protocol="epaxos",
    about="NSDI figure 1: latency and throughput for f of 1 and 2 and 0, 2 and 10 % conflicts",
    figure={"kind": "lt", "by": ["f", "workload.conflict_rate"]},
    base={
        "num_warmup_clients_per_proc": 50,
        "warmup_duration": "5s",
        "warmup_timeout": "10s",
        "warmup_sleep": "5s",
        "duration": "15s",
        "timeout": "20s",
        "state_machine": "KeyValueStore",
        "workload.name": "BernoulliSingleKeyWorkload",
        "workload.size_mean": 8,
        "replica_options.thrifty_system": "Random",
        "replica_options.resend_pre_accepts_timer_period": "600s",
        "replica_options.default_to_slow_path_timer_period": "600s",
        "replica_options.resend_accepts_timer_period": "600s",
        "replica_options.resend_prepares_timer_period": "600s",
        "replica_options.recover_instance_timer_min_period": "600s",
        "replica_options.recover_instance_timer_max_period": "1200s",
        "replica_zigzag_options.vertices_grow_size": 20000,
        "replica_zigzag_options.garbage_collect_every_n_commands": 20000,
        "client_options.repropose_period": "600s",
    },
    points=tuple(
        {
            "f": f,
            "num_client_procs": procs,
            "num_clients_per_proc": loops,
            "workload.conflict_rate": conflicts,
            "replica_options.execute_graph_batch_size": batch,
        }
        for f in (1, 2)
        for conflicts in (0.0, 0.02, 0.1)
        for procs, loops, batch in (
            (1, 1, 1),
            (1, 10, 5),
            (5, 10, 25),
            (5, 20, 50),
            (6, 50, 100),
            (6, 100, 100),
            (12, 100, 100),
        )
    ),
    repeat=3,
    summary=("f", "workload.conflict_rate", "num_client_procs", "num_clients_per_proc"),
)
