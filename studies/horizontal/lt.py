"""Latency against throughput of horizontal MultiPaxos without a reconfiguration."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="lt",
    protocol="horizontal",
    about="latency and throughput, 1 to 500 closed loops",
    figure={"kind": "lt", "by": []},
    base={
        "num_acceptors": 6,
        "client_jvm_heap_size": "8g",
        **{f"{role}_jvm_heap_size": "12g" for role in ("leader", "acceptor", "replica", "driver")},
        "warmup_duration": "10s",
        "warmup_timeout": "15s",
        "warmup_sleep": "5s",
        "duration": "15s",
        "timeout": "20s",
        "leader_options.log_grow_size": 5000,
        "leader_options.alpha": 100000,
        "leader_options.resend_phase1as_period": "60s",
        "leader_options.election_options.ping_period": "60s",
        "leader_options.election_options.no_ping_timeout_min": "120s",
        "leader_options.election_options.no_ping_timeout_max": "240s",
        "replica_options.log_grow_size": 5000,
        "replica_options.recover_log_entry_min_period": "120s",
        "replica_options.recover_log_entry_max_period": "240s",
        "client_options.resend_client_request_period": "100ms",
    },
    points=tuple(
        {"num_client_procs": procs, "num_warmup_clients_per_proc": loops, "num_clients_per_proc": loops}
        for procs, loops in (
            *((1, loops) for loops in (1, 2, 3, 4, 5, 10, 20, 30, 40, 50, 100)),
            *((procs, 100) for procs in (2, 3, 4, 5)),
        )
    ),
    summary=("num_client_procs", "num_clients_per_proc"),
)
