"""The effect of proxy leaders, of replicas and of a grid of acceptors: VLDB 2021 on compartmentalization."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="ablation",
    protocol="multipaxos",
    about="VLDB 2021: 2 to 10 proxy leaders, 2 to 4 replicas, three acceptors or a 2 x 2 grid",
    figure={"kind": "scale", "x": "num_proxy_leaders", "by": ["flexible", "num_replicas"]},
    base={
        "num_client_procs": 5,
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
        "workload_label": "write_only",
        "workload.read_fraction": 0.0,
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
    points=tuple(
        {
            "num_proxy_leaders": proxy_leaders,
            "num_acceptor_groups": rows,
            "num_acceptors_per_group": columns,
            "num_replicas": replicas,
            "flexible": grid,
        }
        for grid, rows, columns in ((False, 1, 3), (True, 2, 2))
        for replicas in (2, 3, 4)
        for proxy_leaders in range(2, 11)
    ),
    repeat=3,
    summary=("num_proxy_leaders", "num_replicas", "flexible"),
)
