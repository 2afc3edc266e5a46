"""The effect of larger batches and of each further proxy replica: VLDB 2021 on compartmentalization."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="batched_ablation",
    protocol="multipaxos",
    about="VLDB 2021: writes of 4000 closed loops in batches of 10, 50 and 100; 2 to 5 proxy replicas",
    figure={"kind": "scale", "x": "num_proxy_replicas", "by": ["batcher_options.batch_size"]},
    base={
        "num_client_procs": 40,
        "num_warmup_clients_per_proc": 100,
        "num_clients_per_proc": 100,
        "num_batchers": 2,
        "num_acceptor_groups": 1,
        "client_jvm_heap_size": "8g",
        **{
            f"{role}_jvm_heap_size": "12g"
            for role in ("batcher", "read_batcher", "leader", "proxy_leader", "acceptor", "replica", "proxy_replica")
        },
        "measurement_group_size": 100,
        "warmup_duration": "10s",
        "warmup_timeout": "15s",
        "warmup_sleep": "5s",
        "duration": "15s",
        "timeout": "20s",
        "workload_label": "write_only",
        "workload.read_fraction": 0.0,
        "workload.write_size_mean": 16,
        "read_workload.write_size_mean": 16,
        "write_workload.write_size_mean": 16,
        "leader_options.election_options.ping_period": "60s",
        "leader_options.election_options.no_ping_timeout_min": "120s",
        "leader_options.election_options.no_ping_timeout_max": "240s",
        "replica_options.log_grow_size": 5000,
        "replica_options.recover_log_entry_min_period": "2s",
        "replica_options.recover_log_entry_max_period": "5s",
        "proxy_replica_options.batch_flush": True,
    },
    points=tuple(
        {"num_proxy_replicas": replicas, "batcher_options.batch_size": batch}
        for replicas, batch in ((2, 10), (2, 50), (2, 100), (3, 100), (4, 100), (5, 100))
    ),
    repeat=3,
    summary=("num_proxy_replicas", "batcher_options.batch_size"),
)
