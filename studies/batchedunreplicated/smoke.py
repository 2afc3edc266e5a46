"""The smallest sweep of batchedunreplicated: the values of FrankenPaxos's smoke."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="smoke",
    protocol="batchedunreplicated",
    about="two seconds of two closed loops: does everything run?",
    summary=("num_client_procs", "num_batchers"),
)
