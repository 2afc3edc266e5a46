"""What is read of real processes, of this machine, and of both by the thread that samples."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fpray.node import proc_files
from fpray.node.messages import ProcessSpec
from fpray.node.proc_files import OpenFile
from fpray.node.process_service import ProcessService
from fpray.node.processes import Processes
from fpray.node.sampling import sampling, threads
from fpray.node.sampling.links import Links
from fpray.node.sampling.machine import MachineReader
from fpray.node.sampling.processes import ProcessReader
from fpray.node.sampling.rows import FLOATS, INTEGERS, NAMES, NONE, Samples
from fpray.node.sampling.sampling import Sampling
from fpray.node.supervisor.procfs import process_table, with_descendants
from fpray.samples.schema import SCHEMA
from tests.conftest import wait_for
from tests.support.patience import LONG

# A thread that polls names itself as each line of the standard input says; others sleep.
POLLING = """
import sys, threading, time
threads = [threading.Thread(target=time.sleep, args=(1000,), daemon=True) for _ in range(3)]
[thread.start() for thread in threads]
def poll():
    while True: time.sleep(0)
poller = threading.Thread(target=poll, daemon=True)
poller.start()
for line in sys.stdin:
    with open(f"/proc/self/task/{poller.native_id}/comm", "w") as comm: comm.write(line.rstrip())
    print("so it is", flush=True)
"""
# A child of a shell says that it is there, computes when it is told to, and ends; the shell says so, and goes on.
_CHILD = """import time
input("there\\n")
begin = time.process_time()
while time.process_time() < begin + 0.3: pass
"""
COMPUTING = ["sh", "-c", f"{sys.executable} -u -c '{_CHILD}'; echo over; exec sleep 1000"]


@pytest.fixture
def start() -> Iterator[Callable[[list[str]], subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []

    def begin(command: list[str]) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        processes.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, start_new_session=True))
        return processes[-1]

    yield begin
    for process in processes:
        with contextlib.suppress(ProcessLookupError):  # the test has ended it
            os.killpg(process.pid, 9)
        process.communicate()


def _reader(*pids: int) -> ProcessReader:
    reader = ProcessReader(pids[0])
    reader.update(pids)
    assert reader.read() is None, "it has no interval yet"
    return reader


def _read(reader: ProcessReader) -> dict[str, Any]:
    row = reader.read()
    assert row is not None
    return dict(row)


def test_the_columns_are_those_of_the_schema() -> None:
    assert {*INTEGERS, *NAMES, *FLOATS} == {*SCHEMA.names} - {"host", "role"}


def test_a_thread_that_polls_counts_its_own_work(
    start: Callable[[list[str]], subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel sees it run all the time; its name says how much of that is work."""
    monkeypatch.setattr(threads, "_LOOK_AGAIN", 1)  # so that it is noticed at the next reading
    process = start([sys.executable, "-c", POLLING])
    assert process.stdin is not None
    assert process.stdout is not None

    def name(comm: str) -> None:
        process.stdin.write(f"{comm}\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
        assert process.stdout.readline()  # type: ignore[union-attr]

    name("loop")
    reader = _reader(process.pid)
    row = _read(reader)
    wait_for(lambda: row.update(_read(reader)) or row["thread"] == "loop", LONG, "it is the busiest")
    assert row["thread_busy"] == pytest.approx(min(1.0, row["thread_cpu"] + row["thread_waited"]), abs=1e-6)
    assert row["threads"] >= 5
    name("loop 100ms")
    _read(reader)  # it begins to count
    _read(reader)
    name("loop 130ms")
    row = _read(reader)
    if row["thread"] == "loop":  # on a busy machine another thread may have done more
        assert row["thread_busy"] * row["seconds"] == pytest.approx(min(0.03, row["seconds"]), rel=0.01)
    name("loop 7ms")
    row = _read(reader)
    assert row["thread"] != "loop" or row["thread_busy"] is None, "it has begun anew"


def test_what_a_process_has_started_counts_once(start: Callable[[list[str]], subprocess.Popen[str]]) -> None:
    process = start(COMPUTING)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "there\n"
    reader = ProcessReader(process.pid)
    reader.update(with_descendants([process.pid], process_table()).keys())
    assert reader.read() is None
    process.stdin.write("go\n")
    process.stdin.flush()
    lines, seconds = list[str](), [0.0]
    threading.Thread(target=lambda: lines.append(process.stdout.readline()), daemon=True).start()  # type: ignore[union-attr]

    def is_over() -> bool:
        has_ended = bool(lines)
        row = _read(reader)
        seconds[0] += row["cpu"] * row["seconds"]
        assert row["memory"] > 0
        return has_ended

    wait_for(is_over, LONG, "the child ends")
    assert 0.2 < seconds[0] < 0.55, "its parent has its time, too, when it has ended"
    process.kill()
    process.wait()
    assert reader.read() is None
    assert reader.is_over


def test_a_kernel_that_does_not_count_threads_is_null(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_is_counted", lambda: False)
    row = _read(_reader(os.getpid()))
    assert row["cpu"] >= 0
    assert row["waited"] is None
    assert "thread" not in row


def test_a_machine_is_within_its_bounds() -> None:
    machine = MachineReader()
    machine.update()
    assert machine.read() is None
    row: dict[str, Any] = dict(machine.read() or {})
    machine.close()
    assert row["cores"] == len(os.sched_getaffinity(0))
    assert 0 < row["memory"] < 2**50
    assert row["runnable"] >= 0
    assert row["received"] >= 0
    shares = [row[name] for name in row if name.startswith(("pressure", "throttled")) or name == "link_share"]
    assert all(share is None or 0 <= share <= 1 for share in shares)


def test_links_say_how_full_they_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A rate of `tc` limits what a link sends; both directions have the speed of the link."""
    line = "  {}: {} 0 0 0 0 0 0 0 {} 0 0 0 0 0 0 0\n"
    file = tmp_path / "dev"
    file.write_text(line.format("lo", 5, 5) + line.format("a", 0, 0) + line.format("b", 0, 0))
    links = Links()
    monkeypatch.setattr(links, "_file", OpenFile(str(file)))
    monkeypatch.setattr(links, "_speeds", {b"a": 1000.0, b"b": 1000.0})
    monkeypatch.setattr(links, "_rates", {b"b": 500.0})
    links.read(1.0)
    file.write_text(
        line.format("lo", 9e5, 9e5).replace(".0", "") + line.format("a", 300, 700) + line.format("b", 900, 400)
    )
    use = links.read(2.0)
    assert use is not None
    assert (use.received, use.sent) == (600.0, 550.0)
    assert (use.link, use.share) == ("b", 0.45)
    file.write_text(line.format("b", 0, 0))
    use = links.read(1.0)
    assert use is not None
    assert (use.received, use.sent, use.share) == (0.0, 0.0, 0.0), "counters that were set back say nothing"


def test_files_beyond_the_limit_are_opened_at_each_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(OpenFile, "_number", 1 << 30)
    path = tmp_path / "file"
    path.write_bytes(b"one")
    file = OpenFile(str(path))
    assert file.read() == b"one"
    path.write_bytes(b"two")
    assert file.read() == file.read_pieces() == b"two"
    file.close()
    path.unlink()
    assert file.read() == b""
    assert proc_files.read_bytes(str(path)) == b""


def _labels(samples: Samples) -> list[str | None]:
    names = list(samples.names)
    return [names[int(place)] if place != NONE else None for place in samples.columns["label"]]


def test_it_samples_until_its_processes_have_ended(start: Callable[[list[str]], subprocess.Popen[str]]) -> None:
    process = start(["sleep", "1000"])
    pids = {"server": process.pid}
    run = Sampling(lambda: pids, machine=False, interval_s=0.02)
    wait_for(lambda: len(run._samples) >= 3, LONG, "three rows")
    later = start(["sleep", "1000"])
    pids = {**pids, "late": later.pid}
    wait_for(lambda: "late" in _labels(run._samples), LONG, "a process that starts later")
    process.kill()
    later.kill()
    process.wait()
    later.wait()
    run._thread.join(LONG)
    assert not run._thread.is_alive()
    samples = run.result()
    assert {*_labels(samples)} == {"server", "late"}
    assert samples.notes == []
    times = samples.columns["time"]
    assert list(times) == sorted(times)


def test_a_machine_is_sampled_for_some_time_after_its_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """An instrument may have ended them. A trial that nothing ends leaves no thread, whatever became of its driver."""
    monkeypatch.setattr(sampling, "_MOST_IDLE", 3)
    run = Sampling(lambda: {"server": 2**22 + 1}, machine=True, interval_s=0.01)
    run._thread.join(LONG)
    assert not run._thread.is_alive()
    assert _labels(run.result()) == [None, None]


def test_a_long_trial_has_fewer_samples_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "_PER_INTERVAL", 2)
    run = Sampling(dict, machine=True, interval_s=0.001)
    wait_for(lambda: len(run._samples) >= 5, LONG, "five rows")
    notes = run.result().notes
    assert notes[0].startswith("from sample 2 on, the samples are ")


def test_what_goes_wrong_ends_the_samples_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("an odd kernel")

    monkeypatch.setattr(sampling, "process_table", broken)
    run = Sampling(lambda: {"server": 1}, machine=False)
    run._thread.join(LONG)
    (note,) = run.result().notes
    assert "an odd kernel" in note


def test_an_actor_samples_what_it_has_started_until_that_is_stopped(tmp_path: Path) -> None:
    with Processes() as processes:
        service = ProcessService(processes, threading.Event())
        assert service.samples() is None
        service.start([ProcessSpec("sleeper", ("sleep", "1000"), str(tmp_path))], 30)
        service.sample(["sleeper", "not started"], True)
        service.sample(["sleeper"], False)  # of the next attempt: the first one's thread ends
        run = service._sampling
        assert run is not None
        service.stop(["sleeper"], 5)
        run._thread.join(LONG)
        assert not run._thread.is_alive(), "nothing waits for the question"
        samples = service.samples()
        assert samples is not None
        assert {*_labels(samples)} <= {"sleeper"}
        assert service.samples() is None
