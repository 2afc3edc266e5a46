"""Latency against throughput of one server behind batchers: VLDB 2021 on compartmentalization."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="batched_unreplicated_lt",
    protocol="batchedunreplicated",
    about="VLDB 2021: latency and throughput of a single server with batching, 1 to 4000 closed loops",
    figure={"kind": "lt", "by": []},
    base={
        "num_batchers": 2,
        "num_proxy_servers": 4,
        "client_jvm_heap_size": "8g",
        **{f"{role}_jvm_heap_size": "12g" for role in ("batcher", "server", "proxy_server")},
        "measurement_group_size": 100,
        "warmup_duration": "10s",
        "warmup_timeout": "15s",
        "warmup_sleep": "5s",
        "duration": "15s",
        "timeout": "20s",
        "state_machine": "KeyValueStore",
        "workload.name": "UniformSingleKeyWorkload",
        "workload.size_mean": 16,
    },
    points=tuple(
        {
            "num_client_procs": procs,
            "num_warmup_clients_per_proc": loops,
            "num_clients_per_proc": loops,
            "batcher_options.batch_size": batch,
            "proxy_server_options.flush_every_n": batch,
        }
        for procs, loops, batch in (
            (1, 1, 1),
            (1, 50, 10),
            (1, 100, 20),
            (2, 100, 40),
            (3, 100, 40),
            *((procs, 100, 100) for procs in (4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 25, 30, 35, 40)),
        )
    ),
    repeat=3,
    summary=("num_client_procs", "num_clients_per_proc", "batcher_options.batch_size"),
)
