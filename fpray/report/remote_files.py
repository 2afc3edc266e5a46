"""Reads files on the other machines of a suite, through the Ray cluster that the suite runs on."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from fpray.cluster.calls import gather
from fpray.cluster.machines import Machines
from fpray.cluster.ray_address import EnvironmentAddress, wanted_address
from fpray.errors import Cause, Refused, refuse
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
                if not _is_trusted(str(address), suite):
                    raise _not_named(str(address), suite)
                machines.append(attached.enter_context(Machines(address)))
            ((_, piece),) = gather([machines[0].agent("logs", host).files.read_piece(path, offset)], _TIMEOUT_S)
            return bytes(piece)

        yield read


def _is_trusted(address: str, suite: Suite) -> bool:
    """Whether this user runs the suite on this machine now, or its cluster is the one that this command names.

    A suite from elsewhere may state any address, and what a Ray cluster answers is unpacked as Python objects.
    """
    holder = suite.holder()
    with contextlib.suppress(OSError):
        if holder is not None and holder.here and holder.has_open(suite.path):
            return Path(f"/proc/{holder.pid}").stat().st_uid == os.geteuid()
    return address == wanted_address(EnvironmentAddress.read(), local=False)


def _not_named(address: str, suite: Suite) -> Refused:
    sentence = (
        f"has this log on a machine of the Ray cluster at {address}, and fpray reads only from clusters that"
        f" you name. If it is your cluster, run export RAY_ADDRESS={address}, and try again"
    )
    return refuse(suite.path.name, sentence, Cause.ELSEWHERE)
