"""Latency of EPaxos with replicas in three regions: NSDI submission on BPaxos, figure 3."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="nsdi_fig3_wan",
    protocol="epaxos",
    about="NSDI figure 3: one closed loop, each replica in a region of its own",
    figure={"kind": "ecdf", "by": []},
    base={
        "num_warmup_clients_per_proc": 50,
        "warmup_duration": "15s",
        "warmup_timeout": "20s",
        "warmup_sleep": "5s",
        "duration": "25s",
        "timeout": "30s",
        "state_machine": "KeyValueStore",
        "workload.name": "BernoulliSingleKeyWorkload",
        "workload.size_mean": 8,
        "replica_options.thrifty_system": "Random",
        "replica_options.resend_pre_accepts_timer_period": "600s",
        "replica_options.default_to_slow_path_timer_period": "600s",
        "replica_options.resend_accepts_timer_period": "600s",
        "replica_options.resend_prepares_timer_period": "600s",
        "replica_options.recover_instance_timer_min_period": "600s",
        "replica_options.recover_instance_timer_max_period": "1200s",
        "replica_zigzag_options.vertices_grow_size": 20000,
        "replica_zigzag_options.garbage_collect_every_n_commands": 20000,
        "client_options.repropose_period": "600s",
    },
    repeat=3,
    summary=("f", "num_client_procs", "num_clients_per_proc"),
    # In the original, only the name says WAN. The distances come from the machines, so this study requires regions.
    regions={"replicas": 3},
)
