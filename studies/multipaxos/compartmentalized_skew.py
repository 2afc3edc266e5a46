"""Throughput of compartmentalized MultiPaxos as more operations go to one key: VLDB 2021 on compartmentalization."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="compartmentalized_skew",
    protocol="multipaxos",
    about="VLDB 2021: 95 % reads, 0 to 100 % of the operations on one key, six replicas",
    figure={"kind": "scale", "x": "workload.point_fraction", "by": []},
    base={
        "num_client_procs": 20,
        "num_warmup_clients_per_proc": 100,
        "num_clients_per_proc": 100,
        "num_proxy_leaders": 3,
        "num_acceptor_groups": 6,
        "num_acceptors_per_group": 2,
        "num_replicas": 6,
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
        "workload_label": "compartmentalized_skew_1",
        "workload.name": "PointSkewedReadWriteWorkload",
        "workload.num_keys": 100000,
        "workload.read_fraction": 0.95,
        "workload.write_size_mean": 16,
        "read_workload.write_size_mean": 16,
        "write_workload.write_size_mean": 16,
        "batcher_options.batch_size": 0,
        "leader_options.flush_phase2as_every_n": 10,
        "leader_options.election_options.ping_period": "60s",
        "leader_options.election_options.no_ping_timeout_min": "120s",
        "leader_options.election_options.no_ping_timeout_max": "240s",
        "replica_options.log_grow_size": 5000,
        "replica_options.recover_log_entry_min_period": "2s",
        "replica_options.recover_log_entry_max_period": "5s",
    },
    points=tuple({"workload.point_fraction": eighths / 8} for eighths in range(9)),
    repeat=5,
    summary=("workload.point_fraction",),
)
