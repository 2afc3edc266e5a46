"""Reads files on the other machines of a suite, through the Ray cluster that the suite runs on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from fpray.cluster.calls import gather
from fpray.cluster.session import Machines
from fpray.store.suite import Suite

# Machine, path on it, offset -> what follows in that file; nothing if there is no such file (yet, or any more).
RemoteReader = Callable[[str, str, int], bytes]
_TIMEOUT_S = 30


@contextlib.contextmanager
def remote_reader(suite: Suite) -> Iterator[RemoteReader]:
    """A reader within the block; it attaches to the cluster when it is first used."""
    address = suite.record.last_run.get("ray", {}).get("address")
    with contextlib.ExitStack() as attached:
        machines: list[Machines] = []

        def read(host: str, path: str, offset: int) -> bytes:
            if address in (None, "embedded"):
                return b""
            if not machines:
                machines.append(attached.enter_context(Machines(address)))
            ((_, piece),) = gather([machines[0].agent("logs", host).files.read_piece(path, offset)], _TIMEOUT_S)
            return bytes(piece)

        yield read
