"""Throughput of sequentially consistent reads by the number of replicas: VLDB 2021 on compartmentalization."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="weak_read_scale",
    protocol="multipaxos",
    about="VLDB 2021: 2 to 6 replicas; 100, 90, 60 and 0 % sequential reads",
    figure={"kind": "scale", "x": "num_replicas", "by": ["workload.read_fraction"]},
    # For the paper's curve of eventually consistent reads: --set read_consistency=eventual.
    base={
        "num_warmup_clients_per_proc": 100,
        "num_clients_per_proc": 100,
        "num_acceptor_groups": 1,
        "num_proxy_replicas": 0,
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
        "workload_label": "sequential_read_scale_v1",
        "workload.write_size_mean": 16,
        "read_workload.write_size_mean": 16,
        "write_workload.write_size_mean": 16,
        "read_consistency": "sequential",
        "batcher_options.batch_size": 0,
        "leader_options.flush_phase2as_every_n": 10,
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
            "num_replicas": replicas,
            "workload.read_fraction": fraction,
        }
        for fraction, sizes in (
            (1.0, ((20, 2), (20, 2), (20, 2), (20, 2), (20, 2))),
            (0.9, ((15, 5), (15, 5), (15, 5), (15, 5), (20, 5))),
            (0.6, ((5, 7), (5, 7), (5, 7), (5, 11), (5, 11))),
            (0.0, ((5, 6), (5, 8), (5, 9), (5, 10), (5, 11))),
        )
        for replicas, (procs, proxy_leaders) in zip((2, 3, 4, 5, 6), sizes, strict=True)
    ),
    repeat=5,
    summary=("num_replicas", "workload.read_fraction"),
)
