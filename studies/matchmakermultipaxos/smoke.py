"""The smallest sweep of matchmakermultipaxos: the values of FrankenPaxos's smoke, without its fixed sleep."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="smoke",
    protocol="matchmakermultipaxos",
    about="two seconds of one closed loop: does everything run?",
    base={
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
        "replica_options.log_grow_size": 5_000,
        "replica_options.recover_log_entry_min_period": "120s",
        "replica_options.recover_log_entry_max_period": "240s",
        "client_options.resend_client_request_period": "120s",
    },
    points=(
        {"f": 1, "num_leaders": 2, "num_matchmakers": 3, "num_reconfigurers": 2, "num_acceptors": 3, "num_replicas": 3},
        {"f": 2, "num_leaders": 3, "num_matchmakers": 5, "num_reconfigurers": 3, "num_acceptors": 5, "num_replicas": 5},
    ),
    summary=("f", "num_client_procs", "num_leaders", "num_matchmakers", "num_acceptors"),
)
