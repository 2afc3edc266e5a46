"""Latency against throughput of Scalog: VLDB 2021 on compartmentalization."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="scalog_lt",
    protocol="scalog",
    about="VLDB 2021: latency and throughput, 1 to 4000 closed loops",
    figure={"kind": "lt", "by": []},
    base={
        "num_shards": 3,
        "num_replicas": 5,
        "client_jvm_heap_size": "8g",
        **{
            f"{role}_jvm_heap_size": "12g"
            for role in ("server", "aggregator", "leader", "acceptor", "replica", "proxy_replica")
        },
        "measurement_group_size": 100,
        "warmup_duration": "10s",
        "warmup_timeout": "15s",
        "warmup_sleep": "5s",
        "duration": "15s",
        "timeout": "20s",
        "workload_label": "final_v2",
        "workload.size_mean": 16,
        "server_options.push_size": 100,
        "server_options.push_period": "100ms",
        "aggregator_options.num_shard_cuts_per_proposal": 1,
        "aggregator_options.leader_info_period": "60s",
        "leader_options.election_options.ping_period": "60s",
        "leader_options.election_options.no_ping_timeout_min": "120s",
        "leader_options.election_options.no_ping_timeout_max": "240s",
        "replica_options.batch_flush": True,
        "replica_options.recover_log_entry_min_period": "1s",
        "replica_options.recover_log_entry_max_period": "5s",
        "proxy_replica_options.batch_flush": True,
    },
    # Restored: each point five times. FrankenPaxos's file continues an interrupted run: the last 24 of 105 trials.
    points=tuple(
        {"num_client_procs": procs, "num_warmup_clients_per_proc": loops, "num_clients_per_proc": loops}
        for procs, loops in (
            (1, 1),
            (1, 50),
            *((procs, 100) for procs in (*range(1, 11), 12, 14, 16, 18, 20, 25, 30, 35, 40)),
        )
    ),
    repeat=5,
    summary=("num_client_procs", "num_clients_per_proc"),
)
