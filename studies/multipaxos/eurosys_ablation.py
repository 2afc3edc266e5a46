"""The effect of each further proxy replica with batching: EuroSys submission on compartmentalization, figure 4."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="eurosys_ablation",
    protocol="multipaxos",
    about="EuroSys figure 4: 4000 closed loops, 2 to 6 proxy replicas",
    figure={"kind": "scale", "x": "num_proxy_replicas", "by": []},
    # Restored: the suite is older than reads. So there are no read batchers, acceptors form groups of 2f+1, and each
    # request is recorded. The string workload is the one of today's client that sends every operation as a write.
    base={
        "num_client_procs": 20,
        "num_warmup_clients_per_proc": 200,
        "num_clients_per_proc": 200,
        "num_batchers": 2,
        "num_acceptor_groups": 1,
        "client_jvm_heap_size": "16g",
        **{
            f"{role}_jvm_heap_size": "32g"
            for role in ("batcher", "read_batcher", "leader", "proxy_leader", "acceptor", "replica", "proxy_replica")
        },
        "warmup_duration": "5s",
        "warmup_timeout": "10s",
        "warmup_sleep": "5s",
        "duration": "8s",
        "timeout": "13s",
        "state_machine": "Noop",
        "workload.name": "WriteOnlyStringWorkload",
        "batcher_options.batch_size": 40,
        "leader_options.resend_phase1as_period": "60s",
        "leader_options.election_options.ping_period": "60s",
        "leader_options.election_options.no_ping_timeout_min": "120s",
        "leader_options.election_options.no_ping_timeout_max": "240s",
        "replica_options.log_grow_size": 5000,
        "replica_options.send_chosen_watermark_every_n_entries": 100000,
        "replica_options.recover_log_entry_min_period": "120s",
        "replica_options.recover_log_entry_max_period": "240s",
        "proxy_replica_options.flush_every_n": 40,
        "client_options.resend_client_request_period": "120s",
    },
    points=tuple({"num_proxy_replicas": replicas} for replicas in (2, 3, 4, 5, 6)),
    repeat=3,
    summary=("num_proxy_replicas",),
)
