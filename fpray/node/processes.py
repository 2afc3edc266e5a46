"""Starts, watches and stops the processes of one role on one machine; what they leave behind is files and values."""

from __future__ import annotations

import contextlib
import itertools
import signal
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

from fpray.node import failures
from fpray.node.messages import Exit, Failure, ProcessSpec, Started
from fpray.node.process_files import add_pids, write_command
from fpray.node.process_table import ProcessTable, TrackedProcess
from fpray.node.readiness import Probe, View
from fpray.node.supervisor_client import SupervisorClient

START_DEADLINE_S = 60.0  # from fork to exec: milliseconds, unless a file system hangs
CLOSE_DEADLINE_S = 10.0  # for a process that hangs in the kernel after its KILL
FIRST_PAUSE_S, LONGEST_PAUSE_S, PAUSE_GROWTH = 0.005, 0.05, 1.1  # between looks: the starting JVMs share the CPUs


class Processes(contextlib.AbstractContextManager["Processes"]):
    """One supervisor and its processes. Every method may be called from any thread, also side by side.

    None of the processes, nor what they start, outlives this process, the raylet, the head, or `close`. Labels are
    unique among the processes that run; processes of one directory form a trial. A trial in which nothing runs any more
    is forgotten when another starts. Raises `fpray.errors.Lost` if the supervisor cannot be started.
    """

    def __init__(self, driver: str = "", raylet_pid: int | None = None, head: int | None = None) -> None:
        """head: a file descriptor that becomes readable when the cluster's head is gone; the supervisor gets a copy."""
        self._table = ProcessTable()
        self._order_ids = itertools.count(1)
        self._ordering = threading.Lock()  # held until an order is sent: a stop comes before a start or after it
        self._supervisor = SupervisorClient(driver, raylet_pid, self._on_event, self._table.set_lost, head)

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, specs: Iterable[ProcessSpec]) -> Failure | None:
        """Start all at once; back when each is its program (about 2 ms each), or with the first that could not.

        The others go on in that case. Writes `<label>_cmd.txt` before and pids.json after.

        Raises:
            Lost: a process of an earlier trial has one of the labels, and still runs.
            OSError: the directory cannot be written; then none is started.
        """
        specs = list(specs)
        with self._ordering:
            for spec in specs:  # before they are in the table: what is not sent would stay there as running
                write_command(spec)
            processes = self._table.add(specs)
            self._supervisor.send({"op": "start", "processes": [process.order() for process in processes]})
        with self._table.changed:
            self._table.wait(lambda: all(process.started or process.over for process in processes), START_DEADLINE_S)
            failure = next((process for process in processes if process.started is None), None)
            pids: dict[str, dict[str, str]] = {}
            for process in processes:
                if process.started is not None:
                    of_directory = pids.setdefault(process.spec.directory, {})
                    of_directory[f"{process.spec.host}:{process.started.pid}"] = process.label
        for directory, of_directory in pids.items():
            add_pids(directory, of_directory)
        return self._failure_of(failure) if failure else None

    def wait_ready(
        self, labels: Iterable[str], deadline_s: float, first_pause_s: float = FIRST_PAUSE_S
    ) -> Failure | None:
        """Wait until each process itself, or a descendant of it, listens on all of its addresses; None if so.

        One that is brief is ready as well when it has ended as expected.

        deadline_s: seconds from now; first_pause_s: between the first looks. At once, a failure: one of them ended,
        another process of their trial ended unexpectedly, or a process that is none of them listens on one of the
        addresses. No connection is made. Raises OSError for a host that has no address.
        """
        until = time.monotonic() + deadline_s
        processes = self._table.find(labels)
        probe: Probe | None = None
        pause = first_pause_s
        while True:
            with self._table.changed:
                waiting = [p for p in processes if not (p.spec.brief and p.as_expected)]
                failure = self._table.first_failed(waiting, ended_is_failure=True)
            if failure is not None:
                return self._failure_of(failure)
            if probe is None or len(waiting) < len(processes):
                processes, probe = waiting, _probe(waiting)
            view = probe.look()
            _note_ready(processes, view)
            if not view.missing:
                return None
            if view.taken is not None or time.monotonic() >= until:
                return _not_listening(processes, view, probe)
            with self._table.changed:
                if self._table.first_failed(processes, ended_is_failure=True) is None:
                    self._table.changed.wait(max(0.0, min(pause, until - time.monotonic())))
            pause = min(pause * PAUSE_GROWTH, max(LONGEST_PAUSE_S, first_pause_s))

    def ready_after(self, labels: Iterable[str]) -> dict[str, float]:
        """Seconds from its order until a process listened on everything, for those that do."""
        processes = self._table.find(labels)
        return {p.label: p.ready_after_s for p in processes if p.ready_after_s is not None}

    def wait_exit(self, labels: Iterable[str], deadline_s: float | None) -> Failure | None:
        """Wait until all of labels have exited as expected: None. Sleeps the whole time.

        A failure instead, at once: any process of their trial exited with a code that it does not expect (a server
        died), or one of labels was stopped; and kind "deadline" after deadline_s seconds (None: no deadline). One of
        which the exit is expected is no failure either way.
        """
        processes, table = self._table.find(labels), self._table
        with table.changed:
            table.wait(
                lambda: table.first_failed(processes) is not None or all(process.over for process in processes),
                deadline_s,
            )
            stops = (p for p in processes if p.stopping and p.over and not p.exit_expected)
            failure = table.first_failed(processes) or next(stops, None)
            running = [process for process in processes if not process.over]
        if failure is not None:
            return self._failure_of(failure)
        return failures.of_overrun(running) if running else None

    def stop(self, groups: Sequence[Sequence[str]], grace_s: float = 5.0) -> dict[str, Exit]:
        """End the first group, then the second, and so on: TERM to each and its descendants, grace, KILL.

        Each group may take grace_s seconds. Back when all and their descendants are gone; a label missing from the
        answer hangs in the kernel (or never started). Raises KeyError for an unknown label.
        """
        with self._ordering:
            by_group = [self._table.find(group) for group in groups]
            processes = list(itertools.chain(*by_group))
            self._table.mark_stopping(processes)
            number = next(self._order_ids)
            keys = [[process.key for process in group] for group in by_group]
            self._supervisor.send({"op": "stop", "id": number, "groups": keys, "grace": grace_s})
        self._table.await_answer(number, len(by_group) * grace_s + CLOSE_DEADLINE_S)
        with self._table.changed:
            return {process.label: process.exit for process in processes if process.exit is not None}

    def expect_exit(self, labels: Iterable[str]) -> None:
        """From now on the exits of these processes are as expected. Raises KeyError for an unknown label."""
        self._table.expect_exit(self._table.find(labels))

    def signal(self, labels: Iterable[str], number: int) -> list[str]:
        """Send a signal to processes and their descendants; back when it is sent, with the labels of those that ran.

        Raises:
            KeyError: a label is unknown.
            ValueError: there is no such signal.
        """
        if number not in signal.valid_signals():  # the supervisor must not fail of it
            raise ValueError(f"there is no signal {number}")
        with self._ordering:
            processes = self._table.find(labels)
            order = next(self._order_ids)
            keys = [process.key for process in processes]
            self._supervisor.send({"op": "signal", "id": order, "keys": keys, "number": number})
        living = self._table.await_answer(order, CLOSE_DEADLINE_S)
        return [process.label for process in processes if process.key in living]

    def labels(self) -> frozenset[str]:
        """The labels of every process that is not forgotten, of those too that did not start yet."""
        with self._ordering:
            return self._table.labels()

    def started(self) -> dict[str, Started]:
        """Every process that was started and is not forgotten, by label."""
        return self._table.started()

    def exits(self) -> dict[str, Exit]:
        """Every process that ended and is not forgotten, by label."""
        return self._table.exits()

    def close(self) -> bool:
        """End the supervisor and its processes: TERM, at most 1 s, KILL. False if something hangs. May be repeated."""
        self._table.set_closing()
        return self._supervisor.close(CLOSE_DEADLINE_S)

    def _on_event(self, event: dict[str, Any]) -> None:
        """An event of the supervisor, on the reader's thread."""
        if event["event"] == "ending":
            self._table.set_lost()
        elif event["event"] in ("stopped", "signalled"):
            self._table.set_answer(event["id"], event.get("keys", ()))
        else:
            self._table.update(event)

    def _failure_of(self, process: TrackedProcess) -> Failure:
        """Why a process failed; without the lock, since it reads logs."""
        if (failure := failures.of_exit(process)) is not None:
            return failure
        if self._table.closing:
            return failures.of_closing(process)
        if self._table.lost:
            return failures.of_loss(process, self._supervisor.error)
        return failures.of_hang(process, START_DEADLINE_S)


def _probe(processes: list[TrackedProcess]) -> Probe:
    pids = {process.label: process.started.pid for process in processes if process.started is not None}
    return Probe(pids, {process.label: process.spec.listens for process in processes})


def _note_ready(processes: list[TrackedProcess], view: View) -> None:
    missing = {endpoint.label for endpoint in view.missing}
    for process in processes:
        if process.ready_after_s is None and process.label not in missing:
            process.ready_after_s = time.monotonic() - process.ordered


def _not_listening(processes: list[TrackedProcess], view: View, probe: Probe) -> Failure:
    by_label = {process.label: process for process in processes}
    if view.taken is not None:
        return failures.of_taken_port(by_label[view.taken[0].label], view)
    return failures.of_unready(by_label[view.missing[0].label], view, probe)
