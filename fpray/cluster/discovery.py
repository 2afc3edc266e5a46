"""Machines that join while a sweep runs: noticed when a trial starts, asked for their facts, then allocated."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from fpray.cluster.allocator import Allocator
from fpray.cluster.machines import Machines
from fpray.cluster.nodes import Machine
from fpray.errors import Cause, FprayError, Lost, Refused
from fpray.node.fact_types import MachineFacts
from fpray.node.facts import java_fails
from fpray.plan.cluster import Cluster

_POLL_S = 1.0  # thousands of trials may start in a minute


class Discovery:
    """Adds machines that join. `poll` is for the thread that starts trials; each new machine is asked in another one.

    cluster: returns the machines that there are now, with their pools; prepare: has everything on a machine that
    trials need, and returns its facts; added: is called for each machine that is allocated
    from now on; wake: is called in any thread when `poll` has something to do.
    """

    def __init__(
        self,
        allocator: Allocator,
        machines: Machines,
        *,
        cluster: Callable[[], Cluster],
        prepare: Callable[[str], MachineFacts],
        say: Callable[[str], None],
        on_machine: Callable[[str, MachineFacts], None],
        wake: Callable[[], None],
    ) -> None:
        self._allocator, self._machines, self._cluster, self._prepare = allocator, machines, cluster, prepare
        self._say, self._on_machine, self._wake = say, on_machine, wake
        self._hosts_so_far = set(machines.by_host())
        self._answers: SimpleQueue[tuple[str, MachineFacts | FprayError]] = SimpleQueue()
        self._last_poll = time.monotonic()

    def poll(self) -> None:
        """Look for new machines and ask them; add those that have answered."""
        if time.monotonic() - self._last_poll >= _POLL_S:
            self._last_poll = time.monotonic()
            self._machines.poll()
            for host in self._machines.by_host().keys() - self._hosts_so_far:
                self._hosts_so_far.add(host)
                threading.Thread(target=self._ask, args=(host,), name=f"new machine {host}", daemon=True).start()
        try:
            while True:
                self._add(*self._answers.get_nowait())
        except Empty:
            pass

    def _ask(self, host: str) -> None:
        """Prepare a machine, in a thread of its own."""
        try:
            self._answers.put((host, self._prepare(host)))
        except FprayError as error:
            self._answers.put((host, error))
        except Exception as error:  # no trial needs this machine: the sweep goes on, and says what happened
            self._answers.put((host, FprayError(f"{type(error).__name__}: {error}", Cause.OWN)))
        self._wake()

    def _add(self, host: str, answer: MachineFacts | FprayError) -> None:
        machine = self._machines.by_host().get(host)
        if isinstance(answer, Lost) or machine is None:
            self._hosts_so_far.discard(host)  # it is asked again when it joins again
            return
        problem = self._try_to_add(machine, answer)
        if problem is not None:
            self._say(
                f"note: machine {host} has joined the Ray cluster, but is not used, because {problem}. The sweep"
                " continues without it"
            )
        elif not isinstance(answer, FprayError):
            self._say(f"note: machine {host} has joined the Ray cluster; trials run on it, too")
            self._on_machine(host, answer)

    def _try_to_add(self, machine: Machine, answer: MachineFacts | FprayError) -> str | None:
        """Add a new machine: None; or why it cannot be used."""
        if isinstance(answer, FprayError):
            return answer.in_one_line()
        if java_fails(answer):
            return "its Java does not work (install a JRE or JDK 17 on it)"
        try:
            cluster = self._cluster()
        except Refused as refused:  # a sweep on one machine needs no --jar; on two it does, but that must not end it
            return refused.in_one_line()
        if not self._allocator.add(cluster, machine.host, machine.cores):
            return (
                "a new machine can only replace an equal machine, and no machine of this sweep has the same roles,"
                f" region and number of cores as the new machine {machine.host}"
            )
        return None
