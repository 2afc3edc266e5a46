"""Latency against throughput of MultiPaxos with all roles of a machine in one process: EuroSys submission, figure 1."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="eurosys_lt",
    protocol="supermultipaxos",
    about="EuroSys figure 1: latency and throughput of coupled MultiPaxos, without and with batching",
    figure={"kind": "lt", "by": ["num_batchers"]},
    # Restored: the suite is older than reads. So there are no read batchers, acceptors form groups of 2f+1, and each
    # request is recorded. The string workload is the one of today's client that sends every operation as a write.
    base={
        "client_jvm_heap_size": "16g",
        **{
            f"{role}_jvm_heap_size": "32g"
            for role in ("batcher", "read_batcher", "leader", "proxy_leader", "acceptor", "replica", "proxy_replica")
        },
        "warmup_duration": "5s",
        "warmup_timeout": "10s",
        "warmup_sleep": "5s",
        "duration": "8s",
        "timeout": "13s",
        "workload.name": "WriteOnlyStringWorkload",
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
            "num_warmup_clients_per_proc": loops,
            "num_clients_per_proc": loops,
            "num_batchers": batchers,
            "batcher_options.batch_size": batch,
            "leader_options.flush_phase2as_every_n": leader_flush,
            "proxy_leader_options.flush_phase2as_every_n": proxy_leader_flush,
            "proxy_replica_options.flush_every_n": replica_flush,
        }
        for batchers, procs, loops, batch, leader_flush, proxy_leader_flush, replica_flush in (
            (0, 1, 1, 0, 1, 1, 1),
            (0, 1, 10, 0, 5, 1, 1),
            (0, 5, 10, 0, 10, 1, 1),
            *((0, procs, loops, 0, 10, 10, 10) for procs, loops in ((5, 20), (6, 50), (6, 100), (10, 100))),
            (3, 1, 1, 1, 1, 1, 1),
            (3, 1, 10, 5, 1, 1, 1),
            (3, 5, 10, 10, 1, 1, 1),
            *((3, procs, loops, 10, 1, 1, 10) for procs, loops in ((5, 20), (6, 50), (6, 100), (10, 100))),
            (3, 20, 100, 20, 1, 1, 20),
            (3, 20, 200, 40, 1, 1, 40),
        )
    ),
    repeat=3,
    summary=("num_client_procs", "num_clients_per_proc", "num_batchers"),
)
