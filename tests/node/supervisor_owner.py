"""An owner of a supervisor with children of many kinds, as a process that a test can kill."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fpray.node.orphans import kill_orphans
from fpray.node.supervisor.procfs import Entry, process_table, read_entry, with_descendants
from tests.node.programs import PYTHON
from tests.support.patience import LONG

ROOT = str(Path(__file__).parents[2])
OWNER = """
import json, os, signal, sys
root, driver, directory, raylet, children, prelude = sys.argv[1:]
sys.path.insert(0, root)
exec(prelude)
from fpray.node.messages import ProcessSpec
from fpray.node.processes import Processes
processes = Processes(driver, int(raylet) or None)
specs = [ProcessSpec(label, tuple(argv), directory) for label, argv in json.loads(children).items()]
failure = processes.start(specs)
report = {"failure": failure and failure.detail,
        "started": {label: started.__dict__ for label, started in processes.started().items()}}
print(json.dumps(report), flush=True)
word = sys.stdin.readline().strip()
if word == "close":
    processes.close()
"""
IGNORES_TERM = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
DAEMON = (
    IGNORES_TERM + "import os\nif os.fork() == 0:\n    os.setsid()\n    if os.fork(): os._exit(0)\ntime.sleep(1000)"
)
CHILDREN: dict[str, tuple[tuple[str, ...], int]] = {  # argv, and how many processes that makes
    "plain": (("sleep", "1000"), 1),
    "stubborn": ((*PYTHON, IGNORES_TERM + "time.sleep(1000)"), 1),
    "setsid": (("sh", "-c", "setsid sleep 1000 & wait"), 2),
    "wrapper": (("sh", "-c", "sleep 1000; true"), 2),
    "daemon": ((*PYTHON, DAEMON), 2),
    "nameless": (("sh", "-c", "setsid env -i sleep 1000 & wait"), 1),  # the sleep has no mark: see survivors()
    "stopped": (("sh", "-c", "kill -STOP $$"), 1),
}


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds; it is looked at often, since what it is about takes milliseconds."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < LONG, "it never came true"
        time.sleep(0.005)


def survivors(driver: str) -> list[int]:
    """The living processes with the mark of a driver."""
    living = []
    table = process_table()
    for pid, entry in table.items():
        try:
            if entry.alive and f"FPRAY_DRIVER={driver}\0".encode() in Path(f"/proc/{pid}/environ").read_bytes():
                living.append(pid)
        except OSError:
            pass
    return living


def supervisors(driver: str) -> list[int]:
    """The living supervisors of a driver, by their command lines."""
    pids = []
    for pid in process_table():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if driver.encode() in words and any(word.endswith(b"fpray/node/supervisor") for word in words) and alive(pid):
            pids.append(pid)
    return pids


def the_supervisor(driver: str) -> int:
    """The supervisor of a driver, once the process that has forked it is gone."""
    wait_until(lambda: len(supervisors(driver)) == 1)
    (pid,) = supervisors(driver)
    return pid


def alive(pid: int) -> bool:
    entry = read_entry(pid)
    return entry is not None and entry.alive


def status(pid: int) -> dict[str, str]:
    """/proc/<pid>/status; empty if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return dict(line.split(":\t", 1) for line in lines)


def same(process: Entry) -> bool:
    """Whether this very process lives."""
    entry = read_entry(process.pid)
    return entry is not None and entry.alive and entry.start == process.start


class SupervisorOwner:
    """A process that owns a supervisor with some children."""

    def __init__(
        self, directory: Path, kinds: list[str], raylet: int = 0, prelude: str = "", wait: bool = True
    ) -> None:
        self.driver = f"test-{secrets.token_hex(6)}"
        self.expected = sum(CHILDREN[kind][1] for kind in kinds)
        children = {f"{kind}_{number}": CHILDREN[kind][0] for number, kind in enumerate(kinds)}
        argv = [*PYTHON, OWNER, ROOT, self.driver, str(directory), str(raylet), json.dumps(children), prelude]
        # A session of its own, so that a test can kill the group as Ray does.
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        self.report: dict[str, Any] = {}
        if wait:
            assert self.process.stdout
            self.report = json.loads(self.process.stdout.readline())
            self.supervisor = the_supervisor(self.driver)
            wait_until(lambda: self._settled(kinds))
            self.processes = [*with_descendants([self.supervisor], process_table()).values()]

    def _settled(self, kinds: list[str]) -> bool:
        """Whether every process runs, has lost its mark or ignores TERM if it means to, or is stopped."""
        tree = with_descendants([self.supervisor], process_table())
        states = [state for pid in tree if (state := status(pid))]
        ignoring = sum(int(state["SigIgn"], 16) >> (signal.SIGTERM - 1) & 1 for state in states)
        return (
            len(survivors(self.driver)) == self.expected
            and len(tree) == 1 + self.expected + kinds.count("nameless")
            and ignoring == kinds.count("stubborn") + 2 * kinds.count("daemon")
            and sum(state["State"].startswith("T") for state in states) == kinds.count("stopped")
        )

    def say(self, word: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def wait_all_gone(self) -> None:
        """Wait until neither the supervisor nor any of its processes is alive."""
        wait_until(lambda: not survivors(self.driver) and not any(same(entry) for entry in self.processes))

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()
        wait_until(lambda: not supervisors(self.driver))
        kill_orphans(self.driver)
