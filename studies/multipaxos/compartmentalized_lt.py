"""Latency against throughput of compartmentalized MultiPaxos, for larger values: VLDB 2021 on compartmentalization."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="compartmentalized_lt",
    protocol="multipaxos",
    about="VLDB 2021: latency and throughput of writes of 100 and 1000 bytes, 1 to 1000 closed loops",
    figure={"kind": "lt", "by": ["workload.write_size_mean"]},
    base={
        "num_proxy_leaders": 10,
        "num_acceptors_per_group": 2,
        "num_replicas": 4,
        "num_proxy_replicas": 0,
        "flexible": True,
        "client_jvm_heap_size": "8g",
        **{
            f"{role}_jvm_heap_size": "12g"
            for role in ("batcher", "read_batcher", "leader", "proxy_leader", "acceptor", "replica", "proxy_replica")
        },
        "measurement_group_size": 10,
        "warmup_duration": "10s",
        "warmup_timeout": "15s",
        "warmup_sleep": "5s",
        "duration": "15s",
        "timeout": "20s",
        "workload_label": "write_only",
        "workload.read_fraction": 0.0,
        "read_workload.write_size_mean": 16,
        "write_workload.write_size_mean": 16,
        "batcher_options.batch_size": 0,
        "leader_options.election_options.ping_period": "60s",
        "leader_options.election_options.no_ping_timeout_min": "120s",
        "leader_options.election_options.no_ping_timeout_max": "240s",
        "replica_options.log_grow_size": 5000,
        "replica_options.recover_log_entry_min_period": "2s",
        "replica_options.recover_log_entry_max_period": "5s",
    },
    points=tuple(
        {
            "num_client_procs": procs,
            "num_warmup_clients_per_proc": loops,
            "num_clients_per_proc": loops,
            "workload.write_size_mean": size,
            "leader_options.flush_phase2as_every_n": 1 if loops == 1 else 10,
        }
        for size in (100, 1000)
        for procs, loops in ((1, 1), (1, 50), *((procs, 100) for procs in range(1, 11)))
    ),
    repeat=5,
    summary=("workload.write_size_mean", "num_client_procs", "num_clients_per_proc"),
)
