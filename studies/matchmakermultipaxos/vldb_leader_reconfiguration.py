"""Acceptors of Matchmaker MultiPaxos are replaced: the Matchmaker Paxos paper."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="vldb_leader_reconfiguration",
    protocol="matchmakermultipaxos",
    about="Matchmaker Paxos: ten reconfigurations from 30 s on, an acceptor fails at 45 s",
    figure={"kind": "time"},
    base={
        "num_acceptors": 6,
        **{
            f"{role}_jvm_heap_size": "15g"
            for role in ("client", "leader", "matchmaker", "reconfigurer", "acceptor", "replica", "driver")
        },
        "warmup_duration": "10s",
        "warmup_timeout": "15s",
        "duration": "55s",
        "timeout": "60s",
        "driver_workload.name": "LeaderReconfiguration",
        "driver_workload.reconfiguration_warmup_delay_ms": 10000,
        "driver_workload.reconfiguration_warmup_period_ms": 100,
        "driver_workload.reconfiguration_warmup_num": 100,
        "driver_workload.reconfiguration_delay_ms": 30000,
        "driver_workload.reconfiguration_period_ms": 1000,
        "driver_workload.reconfiguration_num": 10,
        "driver_workload.failure_delay_ms": 45000,
        "driver_workload.recover_delay_ms": 50000,
        "leader_options.resend_match_requests_period": "60s",
        "leader_options.resend_reconfigure_period": "60s",
        "leader_options.resend_phase1as_period": "60s",
        "leader_options.resend_phase2as_period": "1ms",
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
        for procs, loops in ((1, 1), (4, 1), (4, 2))
    ),
    repeat=5,
    summary=("num_client_procs", "num_clients_per_proc"),
)
