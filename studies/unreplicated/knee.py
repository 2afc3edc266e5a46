"""A search for the highest throughput of one server without replication, with a 99th percentile of at most 1 ms."""

from __future__ import annotations

from fpray import Search

STUDY = Search(
    name="knee",
    protocol="unreplicated",
    about="the highest throughput with a p99 of at most 1 ms",
    base={"num_client_procs": 1, "client_log_level": "warn", "server_log_level": "warn"},
    maximize=("measured.throughput",),
    subject_to=("measured.latency.p99_ms<=1",),
    space={"num_clients_per_proc": "1..256:log"},
    budget_trials=20,
)
