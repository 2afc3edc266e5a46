"""Ray's object store, as the driver uses it: bytes that every machine can fetch, from the driver or one another."""

from __future__ import annotations

from collections.abc import Collection

from fpray.cluster.ray_link import RayLink
from fpray.cluster.ray_process.stored_bytes import StoredBytes


class ObjectStore:
    """The store of the cluster that a link leads to."""

    def __init__(self, link: RayLink) -> None:
        self._link = link

    def put(self, piece: bytes) -> StoredBytes:
        """Put bytes there until `drop`: what stands for them in the arguments of a call.

        Raises:
            Unanswered: Ray does not take them.
        """
        reference: StoredBytes = self._link.ask("store", piece)
        return reference

    def drop(self, pieces: Collection[StoredBytes]) -> None:
        """Drop what was put there."""
        self._link.process.ask("forget", tuple(pieces))
