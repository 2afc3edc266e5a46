"""The connection to Ray, in the Ray process: attaches or starts an embedded Ray, and answers what the driver asks."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Collection, Sequence
from typing import Any

from fpray.cluster.nodes import Machine, NodeTable
from fpray.cluster.ray_process import errors, ray_orphans
from fpray.cluster.ray_process.actor_pool import ActorPool
from fpray.cluster.ray_process.connect import connect
from fpray.cluster.ray_process.embedded import RAY, start_embedded
from fpray.cluster.ray_process.ray_nodes import living_machines, raylet_here
from fpray.cluster.ray_process.start import RayStarted, Start
from fpray.cluster.ray_process.stored_bytes import StoredBytes
from fpray.node.head_watch import head_here
from fpray.node.supervisor.procfs import pid_of
from fpray.plan.cluster import LOOPBACK


class Connection:
    """One connection; `start` comes first. `call` and `wake` may come from another thread than everything else."""

    def __init__(self, watch: Callable[[int], None]) -> None:
        """watch: called with a pidfd of each process of an embedded Ray that must live, as soon as it runs."""
        self._watch = watch
        self._start: Start | None = None
        self._facts: RayStarted | None = None
        self._vital: list[int] = []
        self._nodes = NodeTable()
        self._actors: ActorPool | None = None
        self._references: list[Any] = []  # None: forgotten

    def start(self, start: Start) -> RayStarted:
        """Connect.

        Raises:
            Exception: Ray does not start, or no cluster answers; the text says why.
        """
        self._start = start
        if start.address is None:
            start_embedded(start.directory, self._watch)
        else:
            connect(address=start.address)
        import ray
        import ray.util

        host = LOOPBACK if start.address is None else str(ray.util.get_node_ip_address())
        gcs_address = str(ray.get_runtime_context().gcs_address)
        self._vital = [process for process in (raylet_here(), head_here(gcs_address)) if process is not None]
        facts = RayStarted(gcs_address, host, [pid_of(process) for process in self._vital])
        self._actors = ActorPool(start.driver_token, self._nodes, facts.gcs_address)
        self._facts = facts
        return facts

    def is_ready(self) -> bool:
        """Whether `start` is through."""
        return self._facts is not None

    def vital(self) -> list[int]:
        """Pidfds of the processes without which nothing works: this machine's raylet, and the head where it is here.

        Ray itself would wait for up to a minute, and then end this process.
        """
        return self._vital

    def refresh(self) -> Collection[Machine]:
        """The machines that live."""
        assert self._start is not None
        self._nodes.by_host = living_machines(embedded=self._start.address is None)
        return list(self._nodes.by_host.values())

    def call(self, actor: tuple[str, str, int], part: str, method: str, arguments: Sequence[Any]) -> Any:
        """Call a method of the actor of (role, host, lane), which is started if there is none: a reference."""
        values = [self._resolve(argument) for argument in arguments]
        return self._pool().call(actor, part, method, values)

    def wake(self, actor: tuple[str, str, int]) -> Any:
        """Start an actor if there is none: a reference that is there when it runs."""
        return self._pool().wake(actor)

    def kill(self, hosts: Collection[str], lane: int) -> None:
        """End the actors of a lane on some machines; see `ActorPool.kill`."""
        self._pool().kill(hosts, lane)

    def store(self, piece: bytes) -> StoredBytes:
        """Put bytes into the object store until `forget`: what stands for them in the arguments of a call."""
        import ray

        token = StoredBytes(len(self._references))
        self._references.append(ray.put(piece))
        return token

    def forget(self, tokens: Collection[StoredBytes]) -> None:
        """Drop bytes from the object store."""
        for token in tokens:
            self._references[token.number] = None

    def _resolve(self, argument: Any) -> Any:
        if isinstance(argument, StoredBytes):
            return self._references[argument.number]
        return [self._resolve(item) for item in argument] if isinstance(argument, list) else argument

    def _pool(self) -> ActorPool:
        assert self._actors is not None
        return self._actors

    def without_ray(self, error: Exception) -> Exception:
        """An exception that the driver can read."""
        return errors.without_ray(error)

    def stop(self) -> None:
        """Disconnect, which ends our actors; end an embedded Ray. Never raises."""
        with contextlib.suppress(Exception):  # the cluster may be gone
            import ray

            ray.shutdown()
        self.abandon()

    def abandon(self, *, directory_too: bool = False) -> None:
        """End an embedded Ray at once. Never raises; any thread may call it.

        directory_too: remove its directory, since the driver, which would do so, has been killed.
        """
        if self._start is not None and self._start.address is None:
            directory = self._start.directory
            remove = directory if directory_too else directory / RAY
            ray_orphans.end_session(os.getpid(), lambda: shutil.rmtree(remove, ignore_errors=True))
