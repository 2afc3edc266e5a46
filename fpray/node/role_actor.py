"""Role actors: one Ray actor for each role on each machine, which starts that role's JVM processes there.

Actors stay warm from trial to trial. Between calls, and while clients measure, they sleep: their threads block
on the keeper's events. They import nothing but `fpray.node` and, where clients ran, `fpray.recorder`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from fpray.errors import Lost
from fpray.node.facts import machine_facts
from fpray.node.head_watch import hold
from fpray.node.inspection import InspectionRequest, WorkSite, site_of
from fpray.node.jar_cache import Jars
from fpray.node.machine_lock import MachineLease
from fpray.node.messages import Address
from fpray.node.orphans import kill_leftovers
from fpray.node.ports import free_ports, listeners, normalize
from fpray.node.priority import use_batch_scheduling
from fpray.node.process_files import piece_of, pieces, write_atomic
from fpray.node.processes import Exit, Failure, Processes, ProcessSpec
from fpray.node.scratch import Parcel, Scratch, parcel, root_of

# Calls that may be under way at once: a watch, a wait, a glance, a stop, and one to spare.
THREADS = 5


class RoleActor:
    """Starts, watches and stops the processes of one role on this machine."""

    def __init__(self, lease: str, gcs_address: str, anchor: str | None) -> None:
        """gcs_address: of the cluster's head; anchor: see `fpray.node.head_watch.hold`."""
        use_batch_scheduling()
        raylet = os.environ.get("RAY_RAYLET_PID")
        head = hold(gcs_address, anchor)
        self._held = head is not None
        self._lease = MachineLease()
        self._jars, self._scratch = Jars(), Scratch()
        self._stopping = threading.Event()  # of the trial that runs: nobody goes on waiting for a moment of it
        self._processes = Processes(lease=lease, raylet_pid=int(raylet) if raylet else None, head=head)
        if head is not None:
            os.close(head)

    def facts(self, java: str) -> Mapping[str, Any]:
        """See `fpray.node.facts.machine_facts`; and what an ended driver had left running here: it is gone now."""
        left = [f"{leftover.command} (process {leftover.pid})" for leftover in kill_leftovers()]
        return {**machine_facts(java), "sees_head": self._held, "left_behind": left}

    def wake(self) -> None:
        """It is there."""

    def take_machine(self, holder: str, shared: bool) -> str | None:
        """Take this machine for a trial, for itself or shared with others that share it; or who holds it."""
        return self._lease.take(holder, shared=shared)

    def give_back_machine(self) -> None:
        """The trial is over."""
        self._scratch.let_go()
        self._lease.give_back()

    def survey(self, jar: str, sha256: str, scratch: str | None) -> tuple[bool, str]:
        """Whether the jar is here, and why no trial can work below `scratch`, if so."""
        try:
            if scratch is not None:
                root_of(scratch)
        except Lost as error:
            return False, str(error)
        return self._jars.find(jar, sha256) is not None, ""

    def take_jar(self, sha256: str, pieces: Sequence[Any]) -> tuple[str, bool]:
        """Keep a jar whose pieces are in the object store: its path, and whether it was not here by now."""
        import ray

        return self._jars.keep(sha256, (ray.get(piece) for piece in pieces))

    def prepare(self, errand: InspectionRequest) -> WorkSite:
        """Before a trial: see that nothing of earlier ones is alive, and say where it may work, and on which ports."""
        left = [f"{leftover.command} (process {leftover.pid})" for leftover in kill_leftovers()]
        ports = free_ports(errand.host, errand.ports, errand.first) if errand.ports else ()
        return site_of(errand, ports, left, self._jars, self._scratch)

    def write_inputs(self, directory: str, files: Mapping[str, str]) -> None:
        """Write the files that processes read, where these do not see the suite's."""
        try:
            for name, content in files.items():
                write_atomic(f"{directory}/{name}", content)
        except OSError as error:
            raise Lost(f"{directory} cannot be written: {error.strerror}") from None

    def parcel(self, directory: str, leave_out: Sequence[str], begin: tuple[str, int] | None) -> Parcel:
        """See `fpray.node.scratch.parcel`."""
        return parcel(directory, leave_out, begin)

    def read_piece(self, path: str, offset: int) -> bytes:
        """What follows in a file, at most 64 KiB; nothing where there is no such file."""
        return piece_of(path, offset)

    def remove(self, directory: str) -> None:
        """What was in it is in the suite."""
        self._scratch.remove(directory)

    def start(self, specs: Sequence[ProcessSpec], ready_s: float) -> Failure | None:
        """Start processes and wait until each listens on all that it must; None when they do."""
        self._stopping.clear()
        failure = self._processes.start(specs)
        return failure or self._processes.wait_ready([spec.label for spec in specs], ready_s)

    def listens(self, addresses: Sequence[Address]) -> bool:
        """Whether somebody on this machine, whoever it is, listens on each of these addresses."""
        found = {(each.host, each.port) for each in listeners()}
        return all((normalize(host), port) in found for host, port in addresses)

    def ready_after(self, labels: Sequence[str]) -> Mapping[str, float]:
        """Seconds that each process took from its order until it listened on everything."""
        return self._processes.ready_after(labels)

    def wait_exit(self, labels: Sequence[str], deadline_s: float | None) -> Failure | None:
        """Block until the processes have exited as expected (None), or one of this role has not."""
        return self._processes.wait_exit(labels, deadline_s)

    def stop(self, labels: Sequence[str], grace_s: float) -> Mapping[str, Exit]:
        """Stop those of the processes that were started; TERM, grace, KILL."""
        self._stopping.set()
        known = self._processes.started()
        self._processes.stop([[label for label in labels if label in known]], grace_s)
        return self._processes.exits()

    def sample_rows(self, paths: Sequence[str], after_s: float) -> Sequence[bytes]:
        """After a while, once, some pieces of growing files; none where the trial is stopped before."""
        if self._stopping.wait(after_s):
            return []
        return [piece for path in paths for piece in pieces(path)]

    def read(self, path: str, client: str) -> Any:
        """A client's recorder file as `fpray.recorder.parquet_writer.Reading`: an Arrow table and notes."""
        from fpray.recorder.parquet_writer import read_client

        return read_client(path, client)

    def close(self) -> None:
        """End the keeper and whatever it still keeps."""
        self._processes.close()
