"""Latency against throughput of Mencius with all roles of a machine in one process: EuroSys submission, figure 2."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="eurosys_lt",
    protocol="supermencius",
    about="EuroSys figure 2: latency and throughput of coupled Mencius with batching, 1 to 4000 closed loops",
    figure={"kind": "lt", "by": []},
    base={
        "num_batchers": 3,
        "client_jvm_heap_size": "16g",
        **{
            f"{role}_jvm_heap_size": "32g"
            for role in ("batcher", "leader", "proxy_leader", "acceptor", "replica", "proxy_replica")
        },
        "warmup_duration": "5s",
        "warmup_timeout": "10s",
        "warmup_sleep": "5s",
        "duration": "8s",
        "timeout": "13s",
        "leader_options.send_noop_range_if_lagging_by": 1,
        "leader_options.resend_phase1as_period": "60s",
        "leader_options.election_options.ping_period": "60s",
        "leader_options.election_options.no_ping_timeout_min": "120s",
        "leader_options.election_options.no_ping_timeout_max": "240s",
        "replica_options.log_grow_size": 5000,
        "replica_options.send_chosen_watermark_every_n_entries": 100000,
        "replica_options.recover_log_entry_min_period": "120s",
        "replica_options.recover_log_entry_max_period": "240s",
        "client_options.resend_client_request_period": "120s",
    },
    points=tuple(
        {
            "num_client_procs": procs,
            "num_warmup_clients_per_proc": max(10, loops),
            "num_clients_per_proc": loops,
            "batcher_options.batch_size": batch,
            "leader_options.send_high_watermark_every_n": watermark,
        }
        for procs, loops, batch, watermark in (
            (1, 1, 1, 1),
            (1, 10, 1, 1),
            (5, 10, 5, 1),
            (5, 20, 10, 1),
            (6, 50, 10, 2),
            (6, 100, 10, 3),
            (10, 100, 10, 4),
            (20, 100, 20, 5),
            (20, 200, 40, 5),
        )
    ),
    repeat=3,
    summary=("num_client_procs", "num_clients_per_proc"),
)
