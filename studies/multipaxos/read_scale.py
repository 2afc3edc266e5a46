"""Throughput of linearizable reads by the number of replicas: VLDB 2021 on compartmentalization."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="read_scale",
    protocol="multipaxos",
    about="VLDB 2021: 2 to 6 replicas; 100, 90, 60 and 0 % linearizable reads",
    figure={"kind": "scale", "x": "num_replicas", "by": ["workload.read_fraction"]},
    base={
        "num_warmup_clients_per_proc": 100,
        "num_clients_per_proc": 100,
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
        "workload_label": "read_scale_v1",
        "workload.write_size_mean": 16,
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
            "num_proxy_leaders": proxy_leaders,
            # A row of acceptors for each replica; writes alone need no more than one group of 2f+1.
            "num_acceptor_groups": replicas if fraction else 1,
            "num_acceptors_per_group": 2 if fraction else 3,
            "num_replicas": replicas,
            "flexible": fraction > 0,
            "workload.read_fraction": fraction,
            "leader_options.flush_phase2as_every_n": 1 if fraction == 1 else 10,
        }
        for fraction, sizes in (
            (1.0, ((20, 2), (20, 2), (25, 2), (25, 2), (40, 2))),
            (0.9, ((25, 5), (25, 5), (25, 5), (25, 5), (25, 5))),
            (0.6, ((15, 7), (15, 7), (15, 7), (15, 11), (15, 11))),
            (0.0, ((5, 6), (5, 8), (5, 9), (5, 10), (5, 11))),
        )
        for replicas, (procs, proxy_leaders) in zip((2, 3, 4, 5, 6), sizes, strict=True)
    ),
    repeat=5,
    summary=("num_replicas", "workload.read_fraction"),
)
