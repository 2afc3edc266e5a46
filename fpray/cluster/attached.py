"""A Ray cluster that runs already: this process attaches to it, or is connected to it as a notebook may be."""

from __future__ import annotations

import contextlib
import os
import re

from fpray.cluster.embedded import embedded_before
from fpray.cluster.ray_address import answers
from fpray.cluster.ray_start import Environment, connect
from fpray.errors import Refused, first_line, refuse


class AttachedRay:
    """Attaches to a cluster, and leaves it."""

    def __init__(self, address: str) -> None:
        self._address, self._environment = address, Environment()

    def start(self) -> None:
        """Attach.

        Raises:
            Refused: no Ray cluster answers, or it is none that fpray can attach to.
        """
        if self._address.startswith("ray://"):
            raise self._refused("is an address of Ray Client, which fpray does not use: write HOST:PORT of the head")
        if embedded_before():
            raise self._refused("Ray was already started in this Python process: use a new process")
        self._environment.set({"RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"})
        # Ray itself would try for minutes before it fails.
        if re.fullmatch(r"[^/]+:[0-9]+", self._address) and not answers(self._address):
            raise self._refused(
                "no Ray cluster answers there: nothing listens on this port. Start Ray, or correct the address"
            )
        try:
            connect(address=self._address)
        except ImportError:  # of Ray itself
            raise
        except Exception as error:  # Ray raises RuntimeError, ConnectionError, ValueError and others here
            raise self._refused(f"no Ray cluster answers there: {first_line(error)}") from None

    def _refused(self, sentence: str) -> Refused:
        option = "RAY_ADDRESS" if os.environ.get("RAY_ADDRESS") == self._address else "--address"
        return refuse(f"{option} {self._address}", sentence)

    def stop(self) -> None:
        """Disconnect, which ends our actors. Never raises."""
        with contextlib.suppress(Exception):  # the cluster may be gone
            import ray

            ray.shutdown()
        self._environment.restore()


class BorrowedRay:
    """A Ray that this process was connected to before us: it stays connected."""

    def start(self) -> None:
        """Nothing to do."""

    def stop(self) -> None:
        """Nothing to do."""
