"""The smallest sweep of vanillamencius: the values of FrankenPaxos's smoke, without its fixed sleep."""

from __future__ import annotations

from fpray.study import Study

STUDY = Study(
    name="smoke",
    protocol="vanillamencius",
    about="two seconds of one closed loop: does everything run?",
    base={
        "client_options.resend_client_request_period": "120s",
    },
    summary=("f", "num_client_procs", "num_servers"),
)
