"""Throughput of writes of 25 operations each, by the number of clients: Evelyn Paxos."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="evelyn_tests",
    protocol="multipaxos",
    about="Evelyn Paxos: writes of 25 operations, 1 to 10 client processes",
    # Restored: groups of 2f+1 acceptors, no grid, each request recorded. The suite calls a runner that was removed.
    base={
        "num_warmup_clients_per_proc": 100,
        "num_clients_per_proc": 100,
        "num_proxy_leaders": 5,
        "num_proxy_replicas": 4,
        **{
            f"{role}_jvm_heap_size": "12g"
            for role in (
                "client",
                "batcher",
                "read_batcher",
                "leader",
                "proxy_leader",
                "acceptor",
                "replica",
                "proxy_replica",
            )
        },
        "warmup_duration": "15s",
        "warmup_timeout": "20s",
        "warmup_sleep": "5s",
        "duration": "10s",
        "timeout": "15s",
        "predetermined_read_fraction": 0,
        "workload.name": "UniformMultiKeyReadWriteWorkload",
        "workload.num_operations": 25,
        "workload.read_fraction": 0.0,
        "workload.write_size_mean": 16,
        "read_workload.name": "UniformMultiKeyReadWriteWorkload",
        "read_workload.num_operations": 25,
        "read_workload.read_fraction": 1.0,
        "read_workload.write_size_mean": 16,
        "write_workload.name": "UniformMultiKeyReadWriteWorkload",
        "write_workload.num_operations": 25,
        "write_workload.read_fraction": 0.0,
        "write_workload.write_size_mean": 16,
        "read_consistency": "eventual",
        "read_batcher_options.read_batching_scheme": "size,0,1s",
        "leader_options.resend_phase1as_period": "60s",
        "leader_options.election_options.ping_period": "60s",
        "leader_options.election_options.no_ping_timeout_min": "120s",
        "leader_options.election_options.no_ping_timeout_max": "240s",
        "replica_options.log_grow_size": 5000,
        "replica_options.recover_log_entry_min_period": "120s",
        "replica_options.recover_log_entry_max_period": "240s",
        "proxy_replica_options.batch_flush": True,
        "client_options.resend_client_request_period": "120s",
    },
    points=tuple({"num_client_procs": procs} for procs in range(1, 11)),
    summary=("num_client_procs",),
)
