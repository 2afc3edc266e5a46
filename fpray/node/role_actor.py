"""Role actors: one Ray actor for each role on each machine, which starts that role's JVM processes there.

Actors stay warm from trial to trial. Between calls, and while clients measure, they sleep: their threads block
on the supervisor's events. One of them wakes up each second, to sample (`fpray.node.sampling`). Of fpray they
import only `errors`, `files` and `node`, and, where clients ran, `recorder`.
"""

from __future__ import annotations

import os
import select
import threading
from typing import Any, Literal

from fpray.node.file_service import FileService
from fpray.node.head_watch import watch_head
from fpray.node.machine_service import MachineService
from fpray.node.priority import use_batch_scheduling
from fpray.node.process_service import ProcessService
from fpray.node.processes import Processes
from fpray.node.scratch import Scratch

# Calls that may be under way at once: two waits, a sample of rows, the CPU use, a signal, a stop, and one to spare.
THREADS = 7
Part = Literal["machine", "files", "processes"]


class RoleActor:
    """Answers the calls of `fpray.node.agent` on its machine."""

    def __init__(self, driver: str, gcs_address: str, anchor: str | None) -> None:
        """gcs_address: of the cluster's head; anchor: see `fpray.node.head_watch.watch_head`."""
        use_batch_scheduling()
        raylet = os.environ.get("RAY_RAYLET_PID")
        if raylet:
            _end_with(int(raylet))
        head = watch_head(gcs_address, anchor)
        scratch, stopping = Scratch(), threading.Event()
        self._processes = Processes(driver=driver, raylet_pid=int(raylet) if raylet else None, head=head)
        if head is not None:
            os.close(head)
        self._parts: dict[Part, Any] = {
            "machine": MachineService(scratch, sees_head=head is not None),
            "files": FileService(scratch, stopping),
            "processes": ProcessService(self._processes, stopping),
        }

    def call(self, part: Part, method: str, *arguments: Any) -> Any:
        """Answer a call: a method of a part, both by name."""
        return getattr(self._parts[part], method)(*arguments)

    def close(self) -> None:
        """End the supervisor and every process that it still has."""
        self._processes.close()


def _end_with(raylet: int) -> None:
    """End this actor with its raylet, and so give back its lock of the machine.

    Ray asks for the process id only, which a zombie keeps where no process reaps it, as in some containers.
    """

    def watch() -> None:
        select.select([lives], [], [])
        os._exit(1)

    try:
        lives = os.pidfd_open(raylet)
    except ProcessLookupError:
        os._exit(1)
    threading.Thread(target=watch, name="fpray-raylet", daemon=True).start()
