"""Latency against throughput of one server without replication, larger values: VLDB 2021 on compartmentalization."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="unreplicated_lt",
    protocol="unreplicated",
    about="VLDB 2021: latency and throughput of a single server, values of 100 and 1000 bytes",
    figure={"kind": "lt", "by": ["workload.size_mean"]},
    base={
        "jvm_heap_size": "12g",
        "measurement_group_size": 10,
        "warmup_duration": "10s",
        "warmup_timeout": "15s",
        "warmup_sleep": "5s",
        "duration": "15s",
        "timeout": "20s",
        "state_machine": "KeyValueStore",
        "workload.name": "UniformSingleKeyWorkload",
    },
    points=tuple(
        {
            "num_client_procs": procs,
            "num_warmup_clients_per_proc": loops,
            "num_clients_per_proc": loops,
            "workload.size_mean": size,
            "server_options.flush_every_n": 1 if loops < 50 else flush,
        }
        for size, flush in ((100, 25), (1000, 10))
        for procs, loops in ((1, 1), (1, 10), (1, 50), *((procs, 100) for procs in range(1, 15)))
    ),
    repeat=5,
    summary=("workload.size_mean", "num_client_procs", "num_clients_per_proc"),
)
