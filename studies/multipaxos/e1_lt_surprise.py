"""Latency against throughput of reads only: VLDB 2021 submission on scaling reads (Evelyn Paxos), experiment 1."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="e1_lt_surprise",
    protocol="multipaxos",
    about="Evelyn Paxos: latency and throughput of reads, seven replicas, 1 to 5600 closed loops",
    figure={"kind": "lt", "by": []},
    # Restored: groups of 2f+1 acceptors and no grid. The suite is older than the parameters that choose them.
    base={
        "num_proxy_leaders": 5,
        "num_acceptor_groups": 5,
        "num_replicas": 7,
        "num_proxy_replicas": 7,
        **{
            f"{role}_jvm_heap_size": "12g"
            for role in (
                "client",
                "batcher",
                "read_batcher",
                "leader",
                "proxy_leader",
                "acceptor",
                "replica",
                "proxy_replica",
            )
        },
        "warmup_duration": "10s",
        "warmup_timeout": "15s",
        "warmup_sleep": "5s",
        "duration": "15s",
        "timeout": "20s",
        "workload_label": "1.0",
        "workload.read_fraction": 1.0,
        "workload.write_size_mean": 16,
        "read_workload.write_size_mean": 16,
        "write_workload.write_size_mean": 16,
        "leader_options.resend_phase1as_period": "60s",
        "leader_options.noop_flush_period": "500us",
        "leader_options.election_options.ping_period": "60s",
        "leader_options.election_options.no_ping_timeout_min": "120s",
        "leader_options.election_options.no_ping_timeout_max": "240s",
        "replica_options.log_grow_size": 5000,
        "replica_options.recover_log_entry_min_period": "120s",
        "replica_options.recover_log_entry_max_period": "240s",
        "proxy_replica_options.batch_flush": True,
        "client_options.resend_client_request_period": "120s",
    },
    points=tuple(
        {
            "num_client_procs": procs,
            "num_warmup_clients_per_proc": loops,
            "num_clients_per_proc": loops,
            "measurement_group_size": 10 if procs == 1 else 100,
        }
        for procs, loops in (
            (1, 1),
            (1, 10),
            (1, 100),
            *((procs, 100) for procs in (5, 10, 15, 20, 28)),
            (28, 150),
            (28, 200),
        )
    ),
    repeat=3,
    summary=("num_client_procs", "num_clients_per_proc"),
)
