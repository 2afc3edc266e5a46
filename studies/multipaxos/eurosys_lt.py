"""Latency against throughput of compartmentalized MultiPaxos with batching: EuroSys submission, figure 1."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="eurosys_lt",
    protocol="multipaxos",
    about="EuroSys figure 1: latency and throughput with batching, 1 to 4000 closed loops",
    figure={"kind": "lt", "by": []},
    # Restored: the suite is older than reads. So there are no read batchers, acceptors form groups of 2f+1, and each
    # request is recorded. The string workload is the one of today's client that sends every operation as a write.
    base={
        "num_proxy_leaders": 23,
        "num_acceptor_groups": 3,
        "num_replicas": 5,
        "num_proxy_replicas": 10,
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
        "state_machine": "Noop",
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
            "num_warmup_clients_per_proc": max(10, loops),
            "num_clients_per_proc": loops,
            "num_batchers": batchers,
            "batcher_options.batch_size": batch,
        }
        for procs, loops, batchers, batch in (
            (1, 1, 2, 1),
            (1, 10, 2, 1),
            (5, 10, 2, 10),
            (5, 20, 2, 10),
            (6, 50, 2, 10),
            (6, 100, 2, 10),
            (10, 100, 4, 10),
            (20, 100, 4, 20),
            (20, 200, 8, 40),
        )
    ),
    repeat=3,
    summary=("num_client_procs", "num_clients_per_proc", "num_batchers"),
)
