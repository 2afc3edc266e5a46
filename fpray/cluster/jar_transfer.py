"""Sends a jar from the driver to machines that lack it, through Ray's object store, in pieces."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fpray.cluster.calls import Unanswered, gather
from fpray.cluster.cancellation import Cancellation
from fpray.cluster.machines import Machines
from fpray.cluster.ray_process.stored_bytes import StoredBytes
from fpray.errors import Cause, FprayError, Lost, Problem, refuse_if_any
from fpray.jar.find import Jar
from fpray.node.agent import NodeAgent
from fpray.plan.words import AGAIN

_CHUNK_BYTES = 8 << 20
_DEADLINE_S = 300.0


def provide_jar(machines: Machines, hosts: Sequence[str], role: str, jar: Jar, scratch: str | None) -> list[str]:
    """Have the jar on machines: those to which it was sent. role: of the actors that are asked.

    Does nothing if a machine does not answer: each trial sends the jar where it is still missing.

    Raises:
        Refused: trials cannot work below `scratch` on a machine.
        FprayError: the jar's file is gone, or is another jar by now.
    """
    try:
        surveys = machines.survey(hosts, role, jar=jar.path, sha256=jar.sha256, scratch=scratch)
        option = f"--scratch {scratch}"
        refuse_if_any(
            [Problem(option, f"machine {host}: {s.problem}", Cause.SCRATCH) for host, s in surveys.items() if s.problem]
        )
        lacking = {host: machines.agent(role, host) for host, survey in surveys.items() if not survey.has_jar}
        return sorted(send_jar(machines, jar, lacking)) if lacking else []
    except Lost:
        return []


def send_jar(
    machines: Machines, jar: Jar, agents: Mapping[str, NodeAgent], cancellation: Cancellation | None = None
) -> dict[str, tuple[str, bool]]:
    """Send the jar to machines (host -> agent there): host -> its path there, and whether it was new there.

    Each piece is in the object store once; machines get it from each other, too.

    Raises:
        FprayError: the file is gone, or is another jar by now.
        Lost: a machine is gone, or cannot keep the jar.
    """
    pieces: list[StoredBytes] = []
    try:
        pieces.extend(_stored(machines, jar, agents))
        calls: dict[Any, str] = {agent.machine.keep_jar(jar.sha256, pieces): host for host, agent in agents.items()}
        answers = gather(list(calls), _DEADLINE_S, calls.__getitem__, cancellation)
        return {calls[call]: answer for call, answer in answers}
    except Unanswered as error:
        raise Lost(f"the jar cannot be sent to {', '.join(agents)}: {error}", agents) from None
    finally:
        machines.object_store.drop(pieces)


def _stored(machines: Machines, jar: Jar, hosts: Mapping[str, object]) -> Iterator[StoredBytes]:
    """The jar's pieces in the object store."""
    digest = hashlib.sha256()
    try:
        with jar.path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                yield machines.object_store.put(chunk)
    except OSError as error:
        raise FprayError(
            f"the jar {jar.path} cannot be read any more: {error.strerror}. So it was not sent to {', '.join(hosts)}."
            f" Finished results are kept. Put the same jar at that path again, readable for you; {AGAIN}",
            Cause.CHANGED_JAR,
        ) from None
    if digest.hexdigest() != jar.sha256:
        raise FprayError(
            f"the jar {jar.path} has changed: this sweep began with sha {jar.sha256[:8]}, and it is"
            f" {digest.hexdigest()[:8]} now. Finished results are kept. Put the old jar back and run the same fpray"
            " command again; or add --accept-change to continue with the new jar, or --new to"
            " begin again with it",
            Cause.CHANGED_JAR,
        )
