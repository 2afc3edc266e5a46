"""Throughput by the number of replicas, for four rates of writes: Evelyn Paxos, experiment 4."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="e4_scale_replica",
    protocol="multipaxos",
    about="Evelyn Paxos: 2 to 6 replicas at 25, 50, 75 and 100 thousand writes/s, the rest reads",
    figure={"kind": "scale", "x": "num_replicas", "by": ["workload_label"]},
    # Restored: groups of 2f+1 acceptors and no grid. The suite is older than the parameters that choose them.
    base={
        "num_proxy_leaders": 10,
        "num_acceptor_groups": 5,
        "num_proxy_replicas": 0,
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
        "workload.read_fraction": 0.0,
        "workload.write_size_mean": 16,
        "read_workload.write_size_mean": 16,
        "write_workload.write_size_mean": 16,
        "leader_options.resend_phase1as_period": "60s",
        "leader_options.noop_flush_period": "1ms",
        "leader_options.election_options.ping_period": "60s",
        "leader_options.election_options.no_ping_timeout_min": "120s",
        "leader_options.election_options.no_ping_timeout_max": "240s",
        "replica_options.log_grow_size": 5000,
        "replica_options.recover_log_entry_min_period": "120s",
        "replica_options.recover_log_entry_max_period": "240s",
        "proxy_replica_options.batch_flush": True,
    },
    points=tuple(
        {
            "num_client_procs": procs,
            "num_warmup_clients_per_proc": loops,
            "num_clients_per_proc": loops,
            "num_replicas": replicas,
            "predetermined_read_fraction": percent,
            "workload_label": writes,
        }
        for writes, clients in (
            ("25000", ((8, 100, 85), (10, 100, 91), (12, 100, 88), (14, 100, 89), (16, 100, 90))),
            ("50000", ((6, 100, 70), (8, 100, 78), (10, 100, 82), (14, 100, 83), (16, 100, 85))),
            ("75000", ((6, 100, 48), (8, 100, 60), (10, 100, 67), (12, 100, 72), (14, 100, 76))),
            ("100000", ((5, 100, 2), (5, 100, 2), (5, 104, 5), (5, 104, 4), (5, 106, 7))),
        )
        for replicas, (procs, loops, percent) in zip((2, 3, 4, 5, 6), clients, strict=True)
    ),
    repeat=5,
    summary=("num_replicas", "workload_label"),
)
