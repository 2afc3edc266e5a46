"""Throughput by the share of reads, for two, four and six replicas: Evelyn Paxos, experiment 3."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="e3_no_scale_fraction",
    protocol="multipaxos",
    about="Evelyn Paxos: 12.5 to 93.75 % reads with 2, 4 and 6 replicas, as many clients as each needs",
    figure={"kind": "scale", "x": "workload.read_fraction", "by": ["num_replicas"]},
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
            "workload_label": str(fraction),
            "workload.read_fraction": fraction,
        }
        for replicas, clients in (
            (2, tuple((14, loops) for loops in (53, 57, 61, 66, 69, 72, 76, 80, 84, 88, 94))),
            (4, tuple((procs, 100) for procs in (6, 8, 8, 8, 10, 12, 12, 14, 16, 18, 20))),
            (6, tuple((procs, 100) for procs in (6, 6, 8, 8, 8, 10, 12, 16, 20, 24, 30))),
        )
        for fraction, (procs, loops) in zip(
            (0.125, 0.25, 0.375, *(sixteenths / 16 for sixteenths in range(8, 16))), clients, strict=True
        )
    ),
    repeat=5,
    summary=("num_replicas", "workload.read_fraction"),
)
