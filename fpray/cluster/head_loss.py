"""Whether the head of the cluster is gone, and what the driver says then."""

from __future__ import annotations

import time

from fpray.cluster.ray_address import answers
from fpray.plan.words import AGAIN

_TRIES = 5  # a second apart; each may take a second


def head_answers(gcs_address: str) -> bool:
    """Whether the head can be reached within some seconds."""
    for _ in range(_TRIES):
        if answers(gcs_address):
            return True
        time.sleep(1)
    return False


def head_loss_message(address: str | None) -> str:
    """The sentence that says that the head is lost."""
    return (
        f"the head node of the Ray cluster at {address} is gone, so the sweep was stopped: finished results are"
        f" kept, nothing is running any more. Start the cluster; {AGAIN}"
    )
