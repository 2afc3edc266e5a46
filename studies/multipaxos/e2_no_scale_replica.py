"""Throughput by the number of replicas, for five shares of reads: Evelyn Paxos, experiment 2."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="e2_no_scale_replica",
    protocol="multipaxos",
    about="Evelyn Paxos: 2 to 6 replicas, 0 to 100 % reads, as many clients as each needs",
    figure={"kind": "scale", "x": "num_replicas", "by": ["workload.read_fraction"]},
    # Restored: groups of 2f+1 acceptors and no grid. The suite is older than the parameters that choose them.
    base={
        "num_warmup_clients_per_proc": 100,
        "num_clients_per_proc": 100,
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
            "num_replicas": replicas,
            "workload_label": str(fraction),
            "workload.read_fraction": fraction,
        }
        for fraction, clients in (
            (0.0, (5, 5, 5, 5, 5)),
            (0.4, (8, 8, 8, 8, 8)),
            (0.8, (10, 14, 18, 20, 22)),
            (0.933, (10, 18, 22, 28, 30)),
            (1.0, (16, 20, 24, 26, 36)),
        )
        for replicas, procs in zip((2, 3, 4, 5, 6), clients, strict=True)
    ),
    repeat=5,
    summary=("num_replicas", "workload.read_fraction"),
)
