"""The thread of a role actor that samples its processes, and the machine, once a second while clients measure."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from fpray.node.proc_files import read_bytes
from fpray.node.sampling.machine import MachineReader
from fpray.node.sampling.processes import ProcessReader
from fpray.node.sampling.rows import Samples
from fpray.node.supervisor.procfs import process_table, with_descendants

INTERVAL_S = 1.0
_LOOK_AGAIN = 10  # samples: then the processes may have started others, and limits and links may have changed
_PER_INTERVAL = 3600  # samples of each length of the interval, which doubles then
_MOST_IDLE = 60  # samples of a machine on which no process runs: a trial may end them before it stops
_JOIN_S = 5.0
Pids = Callable[[], Mapping[str, int]]


class Sampling:
    """Samples from now on until it is ended, or until nothing of what it samples runs any more.

    What it reads stays in this process until it is asked for. So a trial of days has fewer samples at its end: an hour
    of one each second, then two hours of one every two seconds, and so on.
    """

    def __init__(self, pids: Pids, *, machine: bool, interval_s: float = INTERVAL_S) -> None:
        """pids: label -> the process, of those that have started by now; machine: whether the machine is sampled."""
        self._pids, self._interval_s = pids, interval_s
        self._machine = MachineReader() if machine else None
        self._processes: dict[str, ProcessReader] = {}
        self._samples = Samples()
        self._last_pid = b""
        self._idle = 0  # samples since any of the processes ran
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fpray-samples", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Sample no more; returns at once."""
        self._end.set()

    def result(self) -> Samples:
        """End it; what it has read."""
        self.end()
        self._thread.join(_JOIN_S)
        return self._samples

    def _run(self) -> None:
        try:
            self._sample_until_the_end()
        except Exception as error:  # the clients measure on, whatever the kernel says
            self._samples.notes.append(f"samples end early, because of an error in fpray: {error!r:.200}")
        finally:
            for reader in (*self._processes.values(), *([self._machine] if self._machine is not None else ())):
                reader.close()

    def _sample_until_the_end(self) -> None:
        number, interval_s, due = 0, self._interval_s, time.monotonic()
        self._look()
        self._read()
        while True:
            due += interval_s
            if due < (now := time.monotonic()):  # what could not be sampled in time is left out
                due = now + interval_s
            if self._end.wait(due - time.monotonic()):
                return
            number += 1
            if number % _LOOK_AGAIN == 0:
                self._look()
            if not self._read():
                return
            if number % _PER_INTERVAL == 0:
                interval_s *= 2
                self._samples.notes.append(f"from sample {number} on, the samples are {interval_s:.0f} s apart")

    def _look(self) -> None:
        """Look for what the processes have started; not where no process and no thread of the machine is new."""
        pids = self._pids()
        last_pid = read_bytes("/proc/loadavg", 128).rpartition(b" ")[2]
        if last_pid != self._last_pid or not last_pid or pids.keys() - self._processes.keys():
            self._last_pid = last_pid
            table = process_table()
            for label, pid in pids.items():
                reader = self._processes.get(label)
                if reader is None or reader.pid != pid:
                    if reader is not None:
                        reader.close()
                    reader = self._processes[label] = ProcessReader(pid)
                reader.update(with_descendants([pid], table).keys())
        if self._machine is not None:
            self._machine.update()

    def _read(self) -> bool:
        """Add a row for each process, and for the machine; whether any of them is left to be sampled."""
        at = time.time_ns()
        if self._machine is not None and (row := self._machine.read()) is not None:
            self._samples.add({"time": at, **row})
        for label, reader in self._processes.items():
            if (row := reader.read()) is not None:
                self._samples.add({"time": at, "label": label, **row})
        over = [reader.is_over for reader in self._processes.values()]
        if over and all(over) and self._machine is None:
            return False
        self._idle = self._idle + 1 if all(over) else 0
        return self._idle < _MOST_IDLE
