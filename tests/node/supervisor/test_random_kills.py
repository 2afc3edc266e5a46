"""Owner, raylet, supervisor and children are killed in any order: nothing survives."""

from __future__ import annotations

import os
import random
import secrets
import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from fpray.node.orphans import kill_orphans
from tests.node.supervisor_owner import CHILDREN, SupervisorOwner, supervisors, survivors, wait_until

SEED = int(os.environ.get("FPRAY_SEED", secrets.randbits(32)))


@pytest.mark.heavy
def test_random_kills(owner: Callable[..., SupervisorOwner], record_property: Callable[[str, object], None]) -> None:
    """Repeat a failure with FPRAY_SEED."""
    record_property("seed", SEED)
    print(f"FPRAY_SEED={SEED}")  # shown if it fails
    dice = random.Random(SEED)
    for _ in range(8):
        # Not what has no mark: if it outlives the supervisor, nothing says that it was fpray's.
        kinds = dice.choices([kind for kind in CHILDREN if kind != "nameless"], k=dice.randint(1, 4))
        raylet = subprocess.Popen(["sleep", "1000"])
        it = owner(*kinds, raylet=raylet.pid, wait=False)
        time.sleep(dice.uniform(0, 0.25))  # an owner needs 0.1 s to the start of its children
        for what in dice.sample(["owner", "raylet", "supervisor", "child"], k=dice.randint(1, 3)):
            _kill(what, it, raylet, dice)
        it.process.kill()
        it.process.communicate()
        raylet.kill()
        raylet.wait()
        # One look is not enough: a supervisor that just starts, or a child that dies on its way to its exec, is not
        # yet known by its command line or its mark.
        wait_until(lambda: _cleared(it.driver))  # noqa: B023


def _cleared(driver: str) -> bool:
    """Whether nothing is left once the supervisors have ended and the orphans are killed."""
    if supervisors(driver):
        return False
    kill_orphans(driver)
    return not survivors(driver) and not supervisors(driver)


def _kill(what: str, it: SupervisorOwner, raylet: subprocess.Popen[bytes], dice: random.Random) -> None:
    victims = {
        "owner": lambda: [it.process.pid],
        "raylet": lambda: [raylet.pid],
        "supervisor": lambda: supervisors(it.driver),
        "child": lambda: survivors(it.driver),
    }[what]()
    if victims:
        try:
            os.kill(dice.choice(victims), signal.SIGKILL)
        except ProcessLookupError:
            pass
