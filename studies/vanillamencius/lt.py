"""Latency against throughput of vanilla Mencius, with the load of the Faster Paxos study."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="lt",
    protocol="vanillamencius",
    about="latency and throughput, 1 to 500 closed loops",
    figure={"kind": "lt", "by": []},
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
        "server_options.flush_skip_slots_period": "1s",
    },
    points=tuple(
        {"num_client_procs": procs, "num_warmup_clients_per_proc": loops, "num_clients_per_proc": loops}
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
    summary=("num_client_procs", "num_clients_per_proc"),
)
