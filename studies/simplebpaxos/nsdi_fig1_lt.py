"""Latency against throughput of Simple BPaxos, by conflict rate: NSDI submission on BPaxos, figure 1."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="nsdi_fig1_lt",
    protocol="simplebpaxos",
    about="NSDI figure 1: latency and throughput for f of 1 and 2 and 0, 2 and 10 % conflicts",
    figure={"kind": "lt", "by": ["f", "workload.conflict_rate"]},
    base={
        "num_warmup_clients_per_proc": 50,
        "jvm_heap_size": "32G",
        "warmup_duration": "5s",
        "warmup_timeout": "10s",
        "warmup_sleep": "5s",
        "duration": "15s",
        "timeout": "20s",
        "state_machine": "KeyValueStore",
        "workload.name": "BernoulliSingleKeyWorkload",
        "workload.size_mean": 8,
        "leader_options.resend_dependency_requests_timer_period": "600s",
        "proposer_options.thrifty_system": "Random",
        "proposer_options.resend_phase1as_timer_period": "600s",
        "proposer_options.resend_phase2as_timer_period": "600s",
        "dep_service_node_options.top_k_dependencies": 1,
        "replica_options.recover_vertex_timer_min_period": "600s",
        "replica_options.recover_vertex_timer_max_period": "1200s",
        "replica_options.num_blockers": 1,
        "replica_zigzag_options.vertices_grow_size": 20000,
        "replica_zigzag_options.garbage_collect_every_n_commands": 20000,
        "client_options.repropose_period": "600s",
    },
    points=tuple(
        {
            "f": f,
            "num_client_procs": procs,
            "num_clients_per_proc": loops,
            "num_leaders": 5 * f,
            "num_dep_service_nodes": 2 * f + 1,
            "num_acceptors": 2 * f + 1,
            "num_replicas": f + 1,
            "workload.conflict_rate": conflicts,
            "replica_options.execute_graph_batch_size": batch,
        }
        for f in (1, 2)
        for conflicts in (0.0, 0.02, 0.1)
        for procs, loops, batch in (
            (1, 1, 1),
            (1, 10, 5),
            (5, 10, 25),
            (5, 20, 50),
            (6, 50, 100),
            (6, 100, 100),
            (12, 100, 100),
        )
    ),
    repeat=3,
    summary=("f", "workload.conflict_rate", "num_client_procs", "num_clients_per_proc"),
)
