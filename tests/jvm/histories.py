"""A history of concurrent clients: recorded while a test disturbs the servers, and judged at its end."""

from __future__ import annotations

import time

from tests.jvm.linearizability import Operation, read_history, violation
from tests.jvm.processes import HOST, Processes, flags, free_port, wait_until
from tests.support.patience import LONG


class History:
    """A running `fpray.history.HistoryMain`; its clients go on until the test has seen enough."""

    def __init__(self, processes: Processes, protocol: str, servers: dict[str, str], **arguments: str) -> None:
        self.processes = processes
        self.path = processes.directory / "history.csv"
        self.offset = 0
        self.operations: list[Operation] = []
        own = {"host": HOST, "port": str(free_port()), "log_level": "info", "output_file": str(self.path)}
        own |= {"timeout": "60s", "duration": "3600s"} | servers | arguments
        self.process = processes.start("history", "fpray.history.HistoryMain", protocol, *flags(own))

    def answered(self, op: str = "", since: int = 0) -> int:
        """How many operations (of a kind) that began after a time, in nanoseconds, have been answered."""
        self._read()
        return sum(o.returned is not None and o.invoked >= since and o.op.startswith(op) for o in self.operations)

    def _read(self) -> None:
        """Take in the rows that are new and complete."""
        if self.path.exists():
            with self.path.open() as file:
                file.seek(self.offset)
                new = file.read().rpartition("\n")[0]
            rows = new if self.offset else new.partition("\n")[2]
            self.offset += len(new) + 1 if new else 0
            self.operations += read_history(rows)

    def wait_for(self, count: int, op: str = "", since: int | None = None) -> None:
        """Wait until so many operations that begin from now on (or from another time) have been answered."""
        begin = now() if since is None else since

        def enough() -> bool:
            assert self.process.poll() is None, self.processes.output("history")
            return self.answered(op, begin) >= count

        wait_until(enough, f"{count} answered operations {op}")

    def finish(self) -> list[Operation]:
        """Let the clients end: every operation was answered, some order explains all answers, and no process broke."""
        assert self.process.stdin
        self.process.stdin.close()
        assert self.process.wait(LONG) == 0, self.processes.output("history")
        self._read()
        assert [o for o in self.operations if o.returned is None] == [], "never answered"
        assert violation(self.operations) is None
        self.processes.assert_healthy()
        return self.operations


def now() -> int:
    """CLOCK_MONOTONIC, which System.nanoTime() reads, too."""
    return time.monotonic_ns()
