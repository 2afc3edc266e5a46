"""Machines that join while a sweep runs: looked for when a trial starts, asked what they are, then lent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from typing import Any

from fpray.cluster.allocator import Allocator
from fpray.cluster.session import Machines
from fpray.errors import FprayError, Lost, Refused
from fpray.plan.cluster import Cluster

Facts = Mapping[str, Any]
_LOOK_S = 1.0  # thousands of trials may start in a minute


class Discovery:
    """Who joins. `look` is for the thread that starts trials; each newcomer is asked in a thread of its own.

    cluster: the machines that there are now, with their pools; ask: machine -> what it is, as `fpray.node.facts`
    says, once it has all that trials need; welcome: is told of each that is lent from now on; wake: called when there
    is one.
    """

    def __init__(
        self,
        slices: Allocator,
        machines: Machines,
        *,
        cluster: Callable[[], Cluster],
        ask: Callable[[str], Facts],
        say: Callable[[str], None],
        welcome: Callable[[str, Facts], None],
        wake: Callable[[], None],
    ) -> None:
        self._slices, self._machines, self._cluster, self._ask = slices, machines, cluster, ask
        self._say, self._welcome, self._wake = say, welcome, wake
        self._met = set(machines.by_host())
        self._answers: SimpleQueue[tuple[str, Facts | FprayError]] = SimpleQueue()
        self._looked = time.monotonic()

    def look(self) -> None:
        """See who lives, ask who is new, and lend who has answered."""
        if time.monotonic() - self._looked >= _LOOK_S:
            self._looked = time.monotonic()
            self._machines.poll()
            for host in self._machines.by_host().keys() - self._met:
                self._met.add(host)
                threading.Thread(target=self._meet, args=(host,), name=f"newcomer {host}", daemon=True).start()
        try:
            while True:
                self._take(*self._answers.get_nowait())
        except Empty:
            pass

    def _meet(self, host: str) -> None:
        try:
            self._answers.put((host, self._ask(host)))
        except FprayError as error:
            self._answers.put((host, error))
        except Exception as error:  # whatever it is: a machine that nobody waits for ends no sweep, and is not silent
            self._answers.put((host, FprayError(f"{type(error).__name__}: {error}")))
        self._wake()

    def _take(self, host: str, answer: Facts | FprayError) -> None:
        machine = self._machines.by_host().get(host)
        if not isinstance(answer, FprayError):
            try:
                cluster = self._cluster()
            except Refused as refused:  # on one machine nobody had to say which jar: that ends no sweep
                answer = refused
        if isinstance(answer, Lost) or machine is None:
            self._met.discard(host)  # it is asked again when it is seen again
        elif isinstance(answer, FprayError):
            self._say(f"machine {host} has joined and is not used: {answer.in_one_line()}")
        elif answer["java"] is None or str(answer["jvm"]).startswith(("exits", "cannot")):
            self._say(f"machine {host} has joined and is not used: it has no Java that runs")
        elif not self._slices.add(cluster, host, machine.cores):
            self._say(f"machine {host} has joined and is not used: it stands in for none, by pools, region and cores")
        else:
            self._say(f"machine {host} has joined: trials run there, too")
            self._welcome(host, answer)
