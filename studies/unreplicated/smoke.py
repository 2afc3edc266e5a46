"""The smallest sweep of unreplicated, with FrankenPaxos's smoke values but without its fixed sleep."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="smoke",
    protocol="unreplicated",
    about="two seconds of two closed loops: does everything run?",
    points=({"num_client_procs": 1}, {"num_client_procs": 2}, {"num_client_procs": 3}),
    summary=("num_client_procs",),
)
