"""Throughput of CRAQ as more operations go to one key: VLDB 2021 on compartmentalization."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="craq_skew",
    protocol="craq",
    about="VLDB 2021: 95 % reads, 0 to 100 % of the operations on one key, a chain of six",
    figure={"kind": "scale", "x": "workload.point_fraction", "by": []},
    base={
        "num_client_procs": 5,
        "num_warmup_clients_per_proc": 100,
        "num_clients_per_proc": 100,
        "num_chain_nodes": 6,
        "client_jvm_heap_size": "8g",
        "chain_node_jvm_heap_size": "12g",
        "measurement_group_size": 10,
        "warmup_duration": "10s",
        "warmup_timeout": "15s",
        "warmup_sleep": "5s",
        "duration": "15s",
        "timeout": "20s",
        "workload_label": "craq_skew_1",
        "workload.name": "PointSkewedReadWriteWorkload",
        "workload.num_keys": 100000,
        "workload.read_fraction": 0.95,
        "workload.write_size_mean": 16,
    },
    points=tuple({"workload.point_fraction": eighths / 8} for eighths in range(9)),
    repeat=5,
    summary=("workload.point_fraction",),
)
