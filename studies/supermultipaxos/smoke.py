"""The smallest sweep of supermultipaxos: the values of FrankenPaxos's smoke, without its fixed sleep."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="smoke",
    protocol="supermultipaxos",
    about="two seconds of one closed loop: does everything run?",
    # The string workload of the original, in the form that multipaxos' client reads.
    base={
        "workload.name": "WriteOnlyStringWorkload",
        "leader_options.resend_phase1as_period": "60s",
        "leader_options.election_options.ping_period": "60s",
        "leader_options.election_options.no_ping_timeout_min": "120s",
        "leader_options.election_options.no_ping_timeout_max": "240s",
        "replica_options.log_grow_size": 5000,
        "replica_options.recover_log_entry_min_period": "120s",
        "replica_options.recover_log_entry_max_period": "240s",
        "client_options.resend_client_request_period": "120s",
    },
    points=({"num_batchers": 0}, {"num_batchers": 3}),
    summary=("f", "num_client_procs", "num_batchers"),
)
