"""Latency against throughput of compartmentalized MultiPaxos with batching: VLDB 2021 on compartmentalization."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="batched_compartmentalized_lt",
    protocol="multipaxos",
    about="VLDB 2021: latency and throughput of batched writes, 1 to 4000 closed loops",
    figure={"kind": "lt", "by": []},
    base={
        "num_batchers": 2,
        "num_acceptor_groups": 1,
        "num_proxy_replicas": 3,
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
        {
            "num_client_procs": procs,
            "num_warmup_clients_per_proc": loops,
            "num_clients_per_proc": loops,
            "batcher_options.batch_size": batch,
        }
        for procs, loops, batch in (
            (1, 1, 1),
            (1, 50, 10),
            (1, 100, 20),
            (2, 100, 40),
            (3, 100, 40),
            *((procs, 100, 100) for procs in (4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 25, 30, 35, 40)),
        )
    ),
    repeat=3,
    summary=("num_client_procs", "num_clients_per_proc", "batcher_options.batch_size"),
)
