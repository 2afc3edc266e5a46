"""Latency against throughput of one server without replication: EuroSys submission, figures 1 and 2."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="eurosys_lt",
    protocol="unreplicated",
    about="EuroSys figures 1, 2: latency and throughput of a single server, 1 to 4000 closed loops",
    figure={"kind": "lt", "by": []},
    # Restored: the suite is older than measurement_group_size. With 1, each request is recorded, as it was then.
    base={
        "jvm_heap_size": "32g",
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
            "server_options.flush_every_n": flush,
        }
        for procs, loops, flush in (
            (1, 1, 1),
            (1, 10, 5),
            (5, 10, 10),
            (5, 20, 20),
            (6, 50, 50),
            (6, 100, 100),
            (10, 100, 100),
            (20, 100, 100),
            (20, 200, 100),
        )
    ),
    repeat=3,
    summary=("num_client_procs", "num_clients_per_proc"),
)
