"""A leader of horizontal MultiPaxos fails: the comparison in the Matchmaker Paxos paper."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="vldb_leader_failure",
    protocol="horizontal",
    about="Matchmaker Paxos: leader 0 fails after 30 s; 1, 4 and 8 closed loops",
    figure={"kind": "time"},
    base={
        "num_acceptors": 6,
        **{f"{role}_jvm_heap_size": "15g" for role in ("client", "leader", "acceptor", "replica", "driver")},
        "warmup_duration": "10s",
        "warmup_timeout": "15s",
        "duration": "35s",
        "timeout": "40s",
        "driver_workload.name": "LeaderFailure",
        "driver_workload.leader_change_warmup_delay_ms": 0,
        "driver_workload.leader_change_warmup_period_ms": 2000,
        "driver_workload.leader_change_warmup_num": 10,
        "driver_workload.failure_delay_ms": 30000,
        "leader_options.log_grow_size": 5000,
        "leader_options.alpha": 10,
        "leader_options.resend_phase1as_period": "60s",
        "leader_options.resend_phase2as_period": "60s",
        "leader_options.election_options.no_ping_timeout_max": "5s",
        "replica_options.log_grow_size": 5000,
        "replica_options.recover_log_entry_min_period": "120s",
        "replica_options.recover_log_entry_max_period": "240s",
        "client_options.resend_client_request_period": "10ms",
    },
    points=tuple(
        {"num_client_procs": procs, "num_warmup_clients_per_proc": loops, "num_clients_per_proc": loops}
        for procs, loops in ((1, 1), (4, 1), (4, 2))
    ),
    repeat=10,
    summary=("num_client_procs", "num_clients_per_proc"),
)
