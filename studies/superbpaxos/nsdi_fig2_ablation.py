"""Simple BPaxos, all roles of a machine in one process, under two loads: NSDI submission on BPaxos, figure 2."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="nsdi_fig2_ablation",
    protocol="superbpaxos",
    about="NSDI figure 2: coupled BPaxos, one client and 600",
    figure={"kind": "bars", "by": ["num_client_procs"]},
    # Restored: one replica for each node. With the two replicas of the suite, the original fails its own assertion.
    base={
        "num_warmup_clients_per_proc": 50,
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
            "num_client_procs": procs,
            "num_clients_per_proc": loops,
            "replica_options.execute_graph_batch_size": batch,
        }
        for procs, loops, batch in ((1, 1, 1), (6, 100, 100))
    ),
    repeat=3,
    summary=("num_client_procs", "num_clients_per_proc"),
)
