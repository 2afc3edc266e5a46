"""Latency against throughput of Matchmaker MultiPaxos without a reconfiguration: the Matchmaker Paxos paper."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="vldb_lt",
    protocol="matchmakermultipaxos",
    about="Matchmaker Paxos: latency and throughput without thriftiness, 1 to 500 closed loops",
    figure={"kind": "lt", "by": []},
    base={
        **{
            f"{role}_jvm_heap_size": "15g"
            for role in ("client", "leader", "matchmaker", "reconfigurer", "acceptor", "replica", "driver")
        },
        "warmup_duration": "10s",
        "warmup_timeout": "15s",
        "duration": "15s",
        "timeout": "20s",
        "leader_options.thrifty": False,
        "leader_options.resend_match_requests_period": "60s",
        "leader_options.resend_reconfigure_period": "60s",
        "leader_options.resend_phase1as_period": "60s",
        "leader_options.resend_phase2as_period": "60s",
        "leader_options.resend_executed_watermark_requests_period": "60s",
        "leader_options.resend_persisted_period": "60s",
        "leader_options.resend_garbage_collects_period": "60s",
        "leader_options.election_options.ping_period": "60s",
        "leader_options.election_options.no_ping_timeout_min": "120s",
        "leader_options.election_options.no_ping_timeout_max": "240s",
        "reconfigurer_options.resend_stops_period": "60s",
        "reconfigurer_options.resend_bootstraps_period": "60s",
        "reconfigurer_options.resend_match_phase1as_period": "60s",
        "reconfigurer_options.resend_match_phase2as_period": "60s",
        "replica_options.log_grow_size": 5000,
        "replica_options.recover_log_entry_min_period": "120s",
        "replica_options.recover_log_entry_max_period": "240s",
        "client_options.resend_client_request_period": "120s",
    },
    points=tuple(
        {"num_client_procs": procs, "num_warmup_clients_per_proc": loops, "num_clients_per_proc": loops}
        for procs, loops in (
            *((1, loops) for loops in (1, 2, 3, 4, 5, 10, 25, 50, 75, 100)),
            *((procs, 100) for procs in (2, 3, 4, 5)),
        )
    ),
    repeat=5,
    summary=("num_client_procs", "num_clients_per_proc"),
)
