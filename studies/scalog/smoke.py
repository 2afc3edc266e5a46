"""The smallest sweep of scalog: the values of FrankenPaxos's smoke, without its fixed sleep."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="smoke",
    protocol="scalog",
    about="two seconds of five closed loops, without and with proxy replicas: does everything run?",
    base={
        "workload_label": "smoke",
        "server_options.push_period": "50ms",
        "server_options.recover_period": "60s",
        "aggregator_options.recover_period": "60s",
        "aggregator_options.leader_info_period": "60s",
        "leader_options.resend_phase1as_period": "60s",
        "leader_options.election_options.ping_period": "60s",
        "leader_options.election_options.no_ping_timeout_min": "120s",
        "leader_options.election_options.no_ping_timeout_max": "240s",
        "replica_options.recover_log_entry_min_period": "120s",
        "replica_options.recover_log_entry_max_period": "240s",
        "client_options.resend_client_request_period": "120s",
    },
    points=(
        {
            "num_shards": 1,
            "num_proxy_replicas": 0,
            "server_options.push_size": 1,
            "aggregator_options.num_shard_cuts_per_proposal": 2,
        },
        {
            "num_shards": 2,
            "num_proxy_replicas": 2,
            "server_options.push_size": 0,
            "aggregator_options.num_shard_cuts_per_proposal": 4,
            "replica_options.batch_flush": True,
            "replica_options.unsafe_yolo_execution": True,
            "replica_options.unsafe_round_robin_by_chunk": True,
            "proxy_replica_options.batch_flush": True,
        },
    ),
    summary=("f", "num_client_procs", "num_shards", "num_proxy_replicas"),
)
