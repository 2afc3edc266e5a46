"""The smallest sweep of craq: the values of FrankenPaxos's smoke, without its fixed sleep."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="smoke",
    protocol="craq",
    about="chains of two, three and four nodes, from all writes to all reads: does everything run?",
    base={
        "workload_label": "smoke",
        "workload.name": "PointSkewedReadWriteWorkload",
        "workload.num_keys": 10,
    },
    points=tuple(
        {"num_chain_nodes": nodes, "workload.read_fraction": fraction}
        for nodes in (2, 3, 4)
        for fraction in (0.0, 0.5, 1.0)
    ),
    summary=("num_chain_nodes", "workload.read_fraction"),
)
