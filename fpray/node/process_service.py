"""Answers calls about the processes of one role on a machine."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from fpray.node.cpu_use import CpuUse, cpu_use_between, first_reading, read_again
from fpray.node.messages import Exit, Failure, ProcessSpec
from fpray.node.processes import Processes
from fpray.node.sampling.rows import Samples
from fpray.node.sampling.sampling import Sampling


class ProcessService:
    """The processes' part of a role actor; the contracts are those of `fpray.node.agent.ProcessCalls`."""

    def __init__(self, processes: Processes, stopping: threading.Event) -> None:
        """stopping: cleared when processes start, set when they are stopped."""
        self._processes, self._stopping = processes, stopping
        self._sampling: Sampling | None = None

    def start(self, specs: Sequence[ProcessSpec], ready_s: float) -> Failure | None:
        """Start, then wait until all listen."""
        self._stopping.clear()
        failure = self._processes.start(specs)
        return failure or self._processes.wait_ready([spec.label for spec in specs], ready_s)

    def ready_after(self, labels: Sequence[str]) -> Mapping[str, float]:
        """Seconds until each listened."""
        return self._processes.ready_after(labels)

    def wait_exit(self, labels: Sequence[str], deadline_s: float | None) -> Failure | None:
        """Block until all have exited, or one has failed."""
        return self._processes.wait_exit(labels, deadline_s)

    def cpu_use(self, labels: Sequence[str], after_s: float, for_s: float) -> CpuUse | None:
        """Sleep and read, three times: what is known by the middle is given where a process ends before the end."""
        if self._stopping.wait(after_s):
            return None
        processes = self._processes.started()
        by_pid = {processes[label].pid: label for label in labels if label in processes}
        first, use = first_reading(by_pid), None
        for _ in range(2):
            if self._stopping.wait(for_s / 2):
                break
            until_now = cpu_use_between(first, read_again(first), by_pid)
            use = until_now if use is None or until_now.complete else use
        return use

    def sample(self, labels: Sequence[str], machine: bool) -> None:
        """Start a thread; what an earlier one has read is forgotten."""
        if self._sampling is not None:
            self._sampling.end()

        def pids() -> Mapping[str, int]:
            processes = self._processes.started()
            return {label: processes[label].pid for label in labels if label in processes}

        self._sampling = Sampling(pids, machine=machine)

    def samples(self) -> Samples | None:
        """End the thread, and forget what it has read."""
        sampling, self._sampling = self._sampling, None
        return sampling.result() if sampling is not None else None

    def expect_exit(self, labels: Sequence[str]) -> None:
        """Mark them."""
        self._processes.expect_exit(labels)

    def signal(self, labels: Sequence[str], number: int) -> Sequence[str]:
        """Have the supervisor send it."""
        return self._processes.signal(labels, number)

    def stop(self, labels: Sequence[str], grace_s: float) -> Mapping[str, Exit]:
        """Stop them, side by side."""
        self._stopping.set()
        if (sampling := self._sampling) is not None:
            sampling.end()
        all_labels = self._processes.labels()
        self._processes.stop([[label for label in labels if label in all_labels]], grace_s)
        return self._processes.exits()
