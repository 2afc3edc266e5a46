"""A leader, an acceptor and a matchmaker fail at once; the last two are replaced: the Matchmaker Paxos paper."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="vldb_chaos",
    protocol="matchmakermultipaxos",
    about="Matchmaker Paxos: three failures at 30 s, replacements at 40 s and 45 s; 1, 4 and 8 closed loops",
    figure={"kind": "time"},
    base={
        "num_matchmakers": 6,
        "num_acceptors": 6,
        **{
            f"{role}_jvm_heap_size": "15g"
            for role in ("client", "leader", "matchmaker", "reconfigurer", "acceptor", "replica", "driver")
        },
        "warmup_duration": "10s",
        "warmup_timeout": "15s",
        "duration": "55s",
        "timeout": "60s",
        "driver_workload.name": "Chaos",
        "driver_workload.leader_change_warmup_delay_ms": 5000,
        "driver_workload.leader_change_warmup_period_ms": 1000,
        "driver_workload.leader_change_warmup_num": 5,
        "driver_workload.reconfiguration_warmup_delay_ms": 10000,
        "driver_workload.reconfiguration_warmup_period_ms": 1000,
        "driver_workload.reconfiguration_warmup_num": 5,
        "driver_workload.matchmaker_reconfiguration_warmup_delay_ms": 15000,
        "driver_workload.matchmaker_reconfiguration_warmup_period_ms": 1000,
        "driver_workload.matchmaker_reconfiguration_warmup_num": 5,
        "driver_workload.leader_failure_delay_ms": 30000,
        "driver_workload.acceptor_failure_delay_ms": 30000,
        "driver_workload.matchmaker_failure_delay_ms": 30000,
        "driver_workload.acceptor_recover_delay_ms": 40000,
        "driver_workload.matchmaker_recover_delay_ms": 45000,
        "leader_options.resend_match_requests_period": "1ms",
        "leader_options.resend_reconfigure_period": "1ms",
        "leader_options.resend_phase1as_period": "1ms",
        "leader_options.resend_phase2as_period": "1ms",
        "leader_options.resend_executed_watermark_requests_period": "1ms",
        "leader_options.resend_persisted_period": "1ms",
        "leader_options.resend_garbage_collects_period": "1ms",
        "leader_options.election_options.no_ping_timeout_max": "5s",
        "reconfigurer_options.resend_stops_period": "100ms",
        "reconfigurer_options.resend_bootstraps_period": "100ms",
        "reconfigurer_options.resend_match_phase1as_period": "100ms",
        "reconfigurer_options.resend_match_phase2as_period": "100ms",
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
