"""The smallest sweep of unreplicated: the values of FrankenPaxos's smoke, without its fixed sleep."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="smoke",
    protocol="unreplicated",
    about="two seconds of one, two and three client processes: does everything run?",
    points=({"num_client_procs": 1}, {"num_client_procs": 2}, {"num_client_procs": 3}),
    summary=("num_client_procs",),
)
