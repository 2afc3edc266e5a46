"""What the driver does when the head of the cluster is gone: it finds out soon, and says so before Ray ends it."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable

from fpray.cluster.ray_address import answers, gcs_address
from fpray.node.head_watch import head_here
from fpray.plan.words import AGAIN

_END_S = 10.0  # a sweep may take as long to find out by itself that the head is gone, and to end
_TRIES = 5  # a second apart; each may take a second


def head_answers() -> bool:
    """Whether the head can be reached within some seconds."""
    for _ in range(_TRIES):
        if answers(gcs_address()):
            return True
        time.sleep(1)
    return False


def head_loss_message(address: str | None) -> str:
    """The error that a lost head is."""
    return (
        f"the head of the Ray cluster at {address} is gone: what ended is kept, nothing is running any more."
        f" Start the cluster, then {AGAIN}"
    )


def when_head_is_lost(tell: Callable[[], None], left: threading.Event) -> None:
    """Call `tell`, from another thread, if the head on this machine ends and `left` is not set soon after.

    A driver that waits for Ray then waits for up to a minute, after which Ray ends the process without any message.
    """
    head = head_here(gcs_address())
    if head is None:
        return

    def watch() -> None:
        select.select([head], [], [])
        os.close(head)
        if not left.wait(_END_S):
            tell()

    threading.Thread(target=watch, name="fpray-head", daemon=True).start()
