"""The smallest sweep of mencius: the values of FrankenPaxos's smoke, but those with which it stands still."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="smoke",
    protocol="mencius",
    about="two seconds of 50 closed loops: does everything run?",
    base={
        "num_clients_per_proc": 50,
        "num_batchers": 2,
        # 1000 and 5000 in FrankenPaxos: a leader group with few requests would hold back the others' slots for ever.
        "leader_options.send_high_watermark_every_n": 1,
        "leader_options.send_noop_range_if_lagging_by": 1,
        "leader_options.resend_phase1as_period": "60s",
        "leader_options.election_options.ping_period": "60s",
        "leader_options.election_options.no_ping_timeout_min": "120s",
        "leader_options.election_options.no_ping_timeout_max": "240s",
        "replica_options.log_grow_size": 5000,
        "replica_options.recover_log_entry_min_period": "120s",
        "replica_options.recover_log_entry_max_period": "240s",
        "client_options.resend_client_request_period": "120s",
    },
    summary=("f", "num_client_procs", "num_clients_per_proc", "num_batchers"),
)
