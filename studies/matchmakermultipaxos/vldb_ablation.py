"""The effect of each optimization of reconfigurations, with slow matchmakers: the Matchmaker Paxos paper."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="vldb_ablation",
    protocol="matchmakermultipaxos",
    about="Matchmaker Paxos: reconfiguring with delays of 250 ms; optimizations added one by one",
    figure={"kind": "time"},
    base={
        "num_client_procs": 4,
        "num_warmup_clients_per_proc": 2,
        "num_clients_per_proc": 2,
        "num_acceptors": 6,
        **{
            f"{role}_jvm_heap_size": "15g"
            for role in ("client", "leader", "matchmaker", "reconfigurer", "acceptor", "replica", "driver")
        },
        "warmup_duration": "10s",
        "warmup_timeout": "15s",
        "warmup_sleep": "5s",
        "duration": "55s",
        "timeout": "60s",
        "driver_workload.name": "LeaderReconfiguration",
        "driver_workload.reconfiguration_warmup_delay_ms": 15000,
        "driver_workload.reconfiguration_warmup_period_ms": 1000,
        "driver_workload.reconfiguration_warmup_num": 10,
        "driver_workload.reconfiguration_delay_ms": 35000,
        "driver_workload.reconfiguration_period_ms": 3000,
        "driver_workload.reconfiguration_num": 5,
        "driver_workload.failure_delay_ms": 1000000,
        "driver_workload.recover_delay_ms": 1000000,
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
        "matchmaker_options.match_request_delay": "250ms",
        "reconfigurer_options.resend_stops_period": "60s",
        "reconfigurer_options.resend_bootstraps_period": "60s",
        "reconfigurer_options.resend_match_phase1as_period": "60s",
        "reconfigurer_options.resend_match_phase2as_period": "60s",
        "acceptor_options.phase1a_delay": "250ms",
        "replica_options.log_grow_size": 5000,
        "replica_options.recover_log_entry_min_period": "120s",
        "replica_options.recover_log_entry_max_period": "240s",
        "client_options.resend_client_request_period": "120s",
    },
    points=tuple(
        {
            "leader_options.stall_during_matchmaking": stall_matchmaking,
            "leader_options.stall_during_phase1": stall_phase1,
            "leader_options.disable_gc": no_gc,
        }
        for stall_matchmaking, stall_phase1, no_gc in (
            (True, True, True),
            (True, True, False),
            (True, False, False),
            (False, False, False),
        )
    ),
    summary=(
        "leader_options.stall_during_matchmaking",
        "leader_options.stall_during_phase1",
        "leader_options.disable_gc",
    ),
)
