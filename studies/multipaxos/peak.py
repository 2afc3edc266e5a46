"""A search for the highest write throughput under a latency bound: over load, proxy leaders and their flushing."""

from __future__ import annotations

from fpray import Search

STUDY = Search(
    name="peak",
    protocol="multipaxos",
    about="the highest write throughput with a p99 of at most 5 ms",
    maximize=("write_output.measured.throughput",),
    subject_to=("write_output.measured.latency.p99_ms<=5",),
    space={
        "num_clients_per_proc": "1..1024:log",
        "num_proxy_leaders": "2..10",
        "leader_options.flush_phase2as_every_n": "1,10,50",
    },
)
