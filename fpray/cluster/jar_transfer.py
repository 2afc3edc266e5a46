"""Sends a jar from the driver to machines that lack it, through Ray's object store, in pieces."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fpray.cluster.calls import gather
from fpray.cluster.cancellation import Cancellation
from fpray.errors import FprayError

_PIECE_BYTES = 8 << 20
_DEADLINE_S = 300.0


def deliver(
    path: Path, sha256: str, actors: Mapping[str, Any], cancellation: Cancellation | None = None
) -> dict[str, tuple[str, bool]]:
    """Have the machines of these actors keep the jar: host -> its path there, and whether it had to come.

    Each piece is in the object store once; machines get it from one another, too.

    Raises:
        FprayError: the file is gone, or is another jar by now.
        Lost: a machine went away, or cannot keep it.
    """
    import ray

    pieces, digest = [], hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                digest.update(piece)
                pieces.append(ray.put(piece))
    except OSError as error:
        raise FprayError(f"the jar {path} cannot be sent to {', '.join(actors)}: {error.strerror}") from None
    if digest.hexdigest() != sha256:
        raise FprayError(
            f"the jar {path} has changed: this sweep began with sha {sha256[:8]}, and it is {digest.hexdigest()[:8]}"
            " now (put the old one back, or run the command again with --accept-change or --new)"
        )
    calls = {actor.take_jar.remote(sha256, pieces): host for host, actor in actors.items()}
    return {calls[call]: kept for call, kept in gather(list(calls), _DEADLINE_S, calls.__getitem__, cancellation)}
