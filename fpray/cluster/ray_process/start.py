"""How the Ray process starts: what the driver wants, and what it learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Start:
    """What the driver wants.

    Attributes:
        address: of the cluster; None: an embedded Ray.
        directory: where an embedded Ray keeps its files.
        driver_token: unlike any other driver's, in the environment of the driver's processes on all machines, for a
            person or a test that looks for them.
    """

    address: str | None
    directory: Path
    driver_token: str


@dataclass(frozen=True)
class RayStarted:
    """The answer to `Start`: where the Ray process runs.

    Attributes:
        gcs_address: HOST:PORT of the cluster's head.
        host: the address of this machine, as Ray knows it.
        vital: the process ids of this machine's raylet, and of the head where it is here.
    """

    gcs_address: str
    host: str
    vital: Sequence[int]
