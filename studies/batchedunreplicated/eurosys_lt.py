"""Latency against throughput of one server behind batchers: EuroSys submission, figures 1 and 2."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="eurosys_lt",
    protocol="batchedunreplicated",
    about="EuroSys figures 1, 2: latency and throughput of a single server with batching, 1 to 4000 closed loops",
    figure={"kind": "lt", "by": []},
    # Restored: the suite is older than measurement_group_size. With 1, each request is recorded, as it was then.
    base={
        "num_proxy_servers": 10,
        "client_jvm_heap_size": "16g",
        **{f"{role}_jvm_heap_size": "32g" for role in ("batcher", "server", "proxy_server")},
        "warmup_duration": "5s",
        "warmup_timeout": "10s",
        "warmup_sleep": "5s",
        "duration": "8s",
        "timeout": "13s",
    },
    points=tuple(
        {
            "num_client_procs": procs,
            "num_warmup_clients_per_proc": loops,
            "num_clients_per_proc": loops,
            "num_batchers": batchers,
            "batcher_options.batch_size": batch,
            "proxy_server_options.flush_every_n": batch,
        }
        for procs, loops, batchers, batch in (
            (1, 1, 1, 1),
            (1, 10, 1, 5),
            (5, 10, 1, 10),
            (5, 20, 1, 10),
            (6, 50, 1, 10),
            (6, 100, 2, 10),
            (10, 100, 4, 10),
            (20, 100, 4, 20),
            (20, 200, 8, 40),
        )
    ),
    repeat=3,
    summary=("num_client_procs", "num_clients_per_proc", "num_batchers"),
)
