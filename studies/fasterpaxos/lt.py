"""Latency against throughput of Faster Paxos, with and without its optimizations."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="lt",
    protocol="fasterpaxos",
    about="latency and throughput: plain, with the f=1 optimization, with acknowledged noops",
    figure={"kind": "lt", "by": ["server_options.ack_noops_with_commands", "server_options.use_f1_optimization"]},
    base={
        "client_jvm_heap_size": "8g",
        "server_jvm_heap_size": "12g",
        "measurement_group_size": 100,
        "warmup_duration": "10s",
        "warmup_timeout": "15s",
        "warmup_sleep": "5s",
        "duration": "15s",
        "timeout": "20s",
        "workload.num_keys": 100,
        "workload.size_mean": 16,
        "server_options.recover_log_entry_min_period": "5s",
        "server_options.recover_log_entry_max_period": "10s",
        "server_options.leader_change_entry_min_period": "5s",
        "server_options.leader_change_entry_max_period": "10s",
    },
    points=tuple(
        {
            "num_client_procs": procs,
            "num_warmup_clients_per_proc": loops,
            "num_clients_per_proc": loops,
            "server_options.ack_noops_with_commands": acknowledge,
            "server_options.use_f1_optimization": optimize,
        }
        for acknowledge, optimize in ((False, False), (False, True), (True, False))
        for procs, loops in (
            (1, 1),
            (1, 10),
            (1, 25),
            (1, 50),
            (1, 75),
            (1, 100),
            (2, 100),
            (3, 100),
            (4, 100),
            (5, 100),
        )
    ),
    repeat=3,
    summary=(
        "server_options.ack_noops_with_commands",
        "server_options.use_f1_optimization",
        "num_client_procs",
        "num_clients_per_proc",
    ),
)
