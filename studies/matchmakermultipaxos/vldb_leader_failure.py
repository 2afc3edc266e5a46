"""A leader of Matchmaker MultiPaxos fails: the Matchmaker Paxos paper."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="vldb_leader_failure",
    protocol="matchmakermultipaxos",
    about="Matchmaker Paxos: leader 0 fails after 30 s; 1, 4 and 8 closed loops",
    figure={"kind": "time"},
    base={
        **{
            f"{role}_jvm_heap_size": "15g"
            for role in ("client", "leader", "matchmaker", "reconfigurer", "acceptor", "replica", "driver")
        },
        "warmup_duration": "10s",
        "warmup_timeout": "15s",
        "duration": "35s",
        "timeout": "40s",
        "driver_workload.name": "LeaderFailure",
        "driver_workload.leader_change_warmup_delay_ms": 0,
        "driver_workload.leader_change_warmup_period_ms": 2000,
        "driver_workload.leader_change_warmup_num": 10,
        "driver_workload.failure_delay_ms": 30000,
        "leader_options.resend_match_requests_period": "60s",
        "leader_options.resend_reconfigure_period": "60s",
        "leader_options.resend_phase1as_period": "60s",
        "leader_options.resend_phase2as_period": "60s",
        "leader_options.resend_executed_watermark_requests_period": "60s",
        "leader_options.resend_persisted_period": "60s",
        "leader_options.resend_garbage_collects_period": "60s",
        "leader_options.election_options.no_ping_timeout_max": "5s",
        "reconfigurer_options.resend_stops_period": "60s",
        "reconfigurer_options.resend_bootstraps_period": "60s",
        "reconfigurer_options.resend_match_phase1as_period": "60s",
        "reconfigurer_options.resend_match_phase2as_period": "60s",
        "replica_options.log_grow_size": 5000,
        "replica_options.recover_log_entry_min_period": "120s",
        "replica_options.recover_log_entry_max_period": "240s",
        "client_options.resend_client_request_period": "10ms",
    },
    points=tuple(
        {"num_client_procs": procs, "num_warmup_clients_per_proc": loops, "num_clients_per_proc": loops}
        for procs, loops in ((1, 1), (4, 1), (4, 2))
    ),
    repeat=5,
    summary=("num_client_procs", "num_clients_per_proc"),
)
