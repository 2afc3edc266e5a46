"""The smallest sweep of unanimousbpaxos: the values of FrankenPaxos's smoke."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="smoke",
    protocol="unanimousbpaxos",
    about="two seconds of two closed loops: does everything run?",
    summary=("f", "num_client_procs", "num_clients_per_proc"),
)
