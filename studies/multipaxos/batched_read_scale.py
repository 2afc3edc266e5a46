"""Throughput of batched reads by the number of replicas: VLDB 2021 on compartmentalization."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="batched_read_scale",
    protocol="multipaxos",
    about="VLDB 2021: batches of 50 operations, 2 to 6 replicas; 100, 90, 60 and 0 % reads",
    figure={"kind": "scale", "x": "num_replicas", "by": ["workload.read_fraction"]},
    base={
        "num_warmup_clients_per_proc": 100,
        "num_clients_per_proc": 100,
        "num_acceptors_per_group": 2,
        "num_proxy_replicas": 0,
        "flexible": True,
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
        "workload_label": "batched_read_scale_v1",
        "workload.name": "UniformMultiKeyReadWriteWorkload",
        "workload.num_keys": 50,
        "workload.num_operations": 50,
        "workload.write_size_mean": 16,
        "read_workload.name": "UniformMultiKeyReadWriteWorkload",
        "read_workload.num_keys": 50,
        "read_workload.num_operations": 50,
        "read_workload.read_fraction": 1.0,
        "read_workload.write_size_mean": 16,
        "write_workload.name": "UniformMultiKeyReadWriteWorkload",
        "write_workload.num_keys": 50,
        "write_workload.num_operations": 50,
        "write_workload.read_fraction": 0.0,
        "write_workload.write_size_mean": 16,
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
            "num_proxy_leaders": proxy_leaders,
            "num_acceptor_groups": replicas,
            "num_replicas": replicas,
            "workload.read_fraction": fraction,
        }
        for fraction, proxy_leaders, clients in (
            (1.0, 2, (15, 20, 25, 30, 35)),
            (0.9, 6, (10, 10, 15, 15, 15)),
            (0.6, 6, (10, 10, 10, 10, 10)),
            (0.0, 6, (5, 5, 5, 5, 5)),
        )
        for replicas, procs in zip((2, 3, 4, 5, 6), clients, strict=True)
    ),
    repeat=5,
    summary=("num_replicas", "workload.read_fraction"),
)
