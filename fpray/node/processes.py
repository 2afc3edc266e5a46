"""Starts, watches and stops the processes of one role on one machine; what they leave behind is files and values."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fpray.files import layout
from fpray.files.atomic import write_text
from fpray.node import process_files
from fpray.node.messages import Exit, Failure, FailureKind, ProcessSpec, Started, clean_environment
from fpray.node.readiness import Probe, View
from fpray.node.supervisor_client import SupervisorClient

__all__ = ["Exit", "Failure", "FailureKind", "ProcessSpec", "Processes", "Started"]

START_DEADLINE_S = 60.0  # from fork to exec: milliseconds, unless a file system hangs
CLOSE_DEADLINE_S = 10.0  # what a process may hang in the kernel after its KILL
FIRST_LOOK_S, LONGEST_LOOK_S, LOOK_GROWTH = 0.005, 0.05, 1.3  # between looks: the starting JVMs share the CPUs


@dataclass
class _Kept:
    key: int
    spec: ProcessSpec
    ordered: float = field(default_factory=time.monotonic)
    started: Started | None = None
    exit: Exit | None = None
    error: str = ""  # why it never became its program
    stopping: bool = False
    ready_after_s: float | None = None  # from the order to listening on everything

    @property
    def over(self) -> bool:
        return self.exit is not None or bool(self.error)

    def path(self, name: Callable[[str], str]) -> str:
        return str(Path(self.spec.directory) / name(self.spec.label))


class Processes:
    """One keeper and the processes that it keeps. Every method may be called from any thread, also side by side.

    None of the processes, nor what they start, outlives this process, the raylet, the head, or `close`. Labels are
    unique among the processes that run; processes of one directory form a trial. A trial in which nothing runs any more
    is forgotten when another starts. Raises `fpray.errors.Lost` if the keeper cannot be started.
    """

    def __init__(self, lease: str = "", raylet_pid: int | None = None, head: int | None = None) -> None:
        """head: a file descriptor that becomes readable when the cluster's head is gone, and is the keeper's then."""
        self._changed = threading.Condition()
        self._kept: dict[str, _Kept] = {}
        self._by_key: dict[int, _Kept] = {}
        self._numbers = itertools.count(1)
        self._stopped: set[int] = set()
        self._lost = False
        self._closing = False
        self._link = SupervisorClient(lease, raylet_pid, self._on_event, self._on_end, head)

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def supervisor_pid(self) -> int:
        """The pid of the keeper."""
        return self._link.pid

    def start(self, specs: Iterable[ProcessSpec]) -> Failure | None:
        """Start all at once; back when each is its program (about 2 ms each), or with the first that could not.

        The others go on in that case. Writes `<label>_cmd.txt` before and pids.json after. Raises ValueError for a
        label that runs already, OSError if the directory cannot be written.
        """
        specs = list(specs)
        with self._changed:
            kept = self._admit(specs)
        for each in kept:
            _write_command(each)
        self._link.send({"op": "start", "processes": [_order(each) for each in kept]})
        with self._changed:
            self._wait(lambda: all(each.started or each.over for each in kept), START_DEADLINE_S)
            failed = next((each for each in kept if each.started is None), None)
            pids: dict[str, dict[str, str]] = {}
            for each in kept:
                if each.started is not None:
                    found = pids.setdefault(each.spec.directory, {})
                    found[f"{each.spec.host}:{each.started.pid}"] = each.spec.label
        for directory, found in pids.items():
            process_files.add_pids(directory, found)
        return self._failure_of(failed) if failed else None

    def wait_ready(self, labels: Iterable[str], deadline_s: float) -> Failure | None:
        """Wait until each process itself, or a descendant of it, listens on all of its addresses; None if so.

        One that is brief is ready as well when it has ended as expected.

        deadline_s: seconds from now. At once, a failure: one of them ended, another process of their trial ended
        unexpectedly, or somebody else listens on one of the addresses. No connection is made. Raises OSError for a host
        that has no address.
        """
        until = time.monotonic() + deadline_s
        kept = self._find(labels)
        probe: Probe | None = None
        pause = FIRST_LOOK_S
        while True:
            with self._changed:
                over = [each for each in kept if each.spec.brief and each.over and _as_expected(each)]
                if over:
                    kept, probe = [each for each in kept if each not in over], None
                trouble = self._trouble(kept, ended_is_trouble=True)
            if trouble is not None:
                return self._failure_of(trouble)
            probe = probe or _probe(kept)
            view = probe.look()
            self._note_ready(kept, view)
            if not view.missing:
                return None
            if view.taken is not None:
                return self._taken(view)
            left = until - time.monotonic()
            if left <= 0:
                return self._not_ready(view, probe)
            with self._changed:
                if self._trouble(kept, ended_is_trouble=True) is None:
                    self._changed.wait(min(pause, left))
            pause = min(pause * LOOK_GROWTH, LONGEST_LOOK_S)

    def ready_after(self, labels: Iterable[str]) -> dict[str, float]:
        """Seconds from its order until a process listened on everything, for those that do."""
        return {e.spec.label: e.ready_after_s for e in self._find(labels) if e.ready_after_s is not None}

    def wait_exit(self, labels: Iterable[str], deadline_s: float | None) -> Failure | None:
        """Wait until all of labels have exited as expected: None. Sleeps the whole time.

        A failure instead, at once: any process of their trial exited with a code that it does not expect (a server
        died), or somebody stopped one of labels; and kind "deadline" after deadline_s seconds (None: no deadline).
        """
        kept = self._find(labels)
        with self._changed:
            self._wait(
                lambda: self._trouble(kept) is not None or all(each.over for each in kept),
                deadline_s,
            )
            trouble = self._trouble(kept) or next((each for each in kept if each.stopping and each.over), None)
            running = [each for each in kept if not each.over]
        if trouble is not None:
            return self._failure_of(trouble)
        return self._overran(running) if running else None

    def stop(self, groups: Sequence[Sequence[str]], grace_s: float = 5.0) -> dict[str, Exit]:
        """End the first group, then the second, and so on: TERM to each and its descendants, grace, KILL.

        Each group may take grace_s seconds. Back when all and their descendants are gone; a label missing from the
        answer hangs in the kernel (or never started). Raises KeyError for an unknown label.
        """
        found = [self._find(group) for group in groups]
        with self._changed:
            number = next(self._numbers)
            for each in itertools.chain(*found):
                each.stopping = each.stopping or not each.over
        keys = [[each.key for each in group] for group in found]
        self._link.send({"op": "stop", "id": number, "groups": keys, "grace": grace_s})
        with self._changed:
            self._wait(lambda: number in self._stopped, len(found) * grace_s + CLOSE_DEADLINE_S)
            self._stopped.discard(number)
            return {each.spec.label: each.exit for each in itertools.chain(*found) if each.exit is not None}

    def signal(self, labels: Iterable[str], number: int, expect_exit: bool = True) -> None:
        """Send a signal to process groups: a fault on purpose. Their exits, then, are no failures of the trial."""
        found = self._find(labels)
        with self._changed:
            for each in found:
                each.stopping = each.stopping or (expect_exit and not each.over)
        self._link.send({"op": "signal", "keys": [each.key for each in found], "number": int(number)})

    def started(self) -> dict[str, Started]:
        """Every process that was started and is not forgotten, by label."""
        with self._changed:
            return {label: each.started for label, each in self._kept.items() if each.started is not None}

    def exits(self) -> dict[str, Exit]:
        """Every process that ended and is not forgotten, by label."""
        with self._changed:
            return {label: each.exit for label, each in self._kept.items() if each.exit is not None}

    def close(self) -> bool:
        """End the keeper and all it keeps: TERM, at most 1 s, KILL. False if something hangs. May be repeated."""
        with self._changed:
            self._closing = True
            for each in self._kept.values():
                each.stopping = each.stopping or not each.over
            self._changed.notify_all()
        return self._link.close(CLOSE_DEADLINE_S)

    # -- what the keeper tells, on the reader's thread

    def _on_event(self, event: dict[str, Any]) -> None:
        if event["event"] == "ending":
            self._on_end()
            return
        if event["event"] == "stopped":
            with self._changed:
                self._stopped.add(event["id"])
                self._changed.notify_all()
            return
        kept = self._by_key.get(event["key"])
        if kept is None:
            return
        handle = {"started": _on_started, "failed": _on_failed, "exit": _on_exit}[event["event"]]
        changes = handle(kept, event)
        with self._changed:
            for name, value in changes.items():
                setattr(kept, name, value)
            if kept.over:
                del self._by_key[kept.key]
            self._changed.notify_all()

    def _on_end(self) -> None:
        with self._changed:
            self._lost = True
            self._changed.notify_all()

    # -- looking; with the lock held

    def _admit(self, specs: list[ProcessSpec]) -> list[_Kept]:
        live = {spec.directory for spec in specs}
        live |= {each.spec.directory for each in self._kept.values() if not each.over}
        self._kept = {label: each for label, each in self._kept.items() if each.spec.directory in live}
        labels = [spec.label for spec in specs]
        for label in labels:
            if labels.count(label) > 1 or (label in self._kept and not self._kept[label].over):
                raise ValueError(f"a process labelled {label} runs already")
        kept = [_Kept(next(self._numbers), spec) for spec in specs]
        for each in kept:
            self._kept[each.spec.label] = self._by_key[each.key] = each
        return kept

    def _find(self, labels: Iterable[str]) -> list[_Kept]:
        with self._changed:
            return [self._kept[label] for label in labels]

    def _wait(self, condition: Callable[[], bool], deadline_s: float | None) -> None:
        if deadline_s is not None:
            deadline_s = min(deadline_s, threading.TIMEOUT_MAX)
        self._changed.wait_for(lambda: self._lost or condition(), deadline_s)

    def _trouble(self, awaited: list[_Kept], ended_is_trouble: bool = False) -> _Kept | None:
        """The first process of the awaited ones' trial that ended as it should not have."""
        if self._lost or self._closing:
            return next((each for each in awaited if not each.over), None)
        directories = {each.spec.directory for each in awaited}
        for each in self._kept.values():
            if each.over and each.spec.directory in directories and not each.stopping and not _as_expected(each):
                return each
        late = (each for each in awaited if each.over or each.started is None)
        return next(late, None) if ended_is_trouble else None

    def _note_ready(self, kept: list[_Kept], view: View) -> None:
        missing = {wanted.label for wanted in view.missing}
        for each in kept:
            if each.ready_after_s is None and each.spec.label not in missing:
                each.ready_after_s = time.monotonic() - each.ordered

    # -- failures; without the lock, since they read logs

    def _failure_of(self, kept: _Kept) -> Failure:
        label = kept.spec.label
        if kept.exit is not None:
            code, after = kept.exit.returncode, kept.exit.wall_s
            how = f"was killed by signal {-code}" if code < 0 else f"exited with {code}"
            kind: FailureKind = "stopped" if kept.stopping else "exited"
            detail = f"{label} {how} after {after:.1f} s" + (", being stopped" if kept.stopping else "")
            return _failure(kind, kept, detail, after, code)
        if kept.error:
            return _failure("spawn-failed", kept, f"{label} could not be started: {kept.error}")
        if self._closing:
            return _failure("stopped", kept, f"{label} was ended: its processes were closed")
        if self._lost:
            why = f": {self._link.error.splitlines()[-1]}" if self._link.error else ""
            return _failure("lost", kept, f"the keeper of {label} is gone, and with it all that it kept{why}")
        detail = f"{label} did not become its program within {START_DEADLINE_S:g} s: does a file system hang?"
        return _failure("spawn-failed", kept, detail)

    def _taken(self, view: View) -> Failure:
        assert view.taken is not None
        wanted, who = view.taken
        detail = f"port {wanted.text} is taken by {who}; {wanted.label} cannot listen on it"
        return _failure("taken", self._kept[wanted.label], detail)

    def _not_ready(self, view: View, probe: Probe) -> Failure:
        labels = dict.fromkeys(wanted.label for wanted in view.missing)
        label = next(iter(labels))
        kept = self._kept[label]
        addresses = ", ".join(wanted.text for wanted in view.missing if wanted.label == label)
        seen = ", ".join(probe.listening(label)) or "nothing"
        others = f"; nor are ready: {', '.join(list(labels)[1:])}" if len(labels) > 1 else ""
        after = time.monotonic() - kept.ordered
        detail = f"{label} does not listen on {addresses} after {after:.1f} s (it listens on {seen}){others}"
        return _failure("not-ready", kept, detail)

    def _overran(self, running: list[_Kept]) -> Failure:
        names = ", ".join(each.spec.label for each in running)
        after = time.monotonic() - running[0].ordered
        return _failure("deadline", running[0], f"still running {after:.1f} s after the start: {names}")


def _failure(
    kind: FailureKind, kept: _Kept, detail: str, after_s: float | None = None, code: int | None = None
) -> Failure:
    after_s = time.monotonic() - kept.ordered if after_s is None else after_s
    log = kept.path(layout.stderr_file)
    lines = process_files.tail(log)
    if not lines and (lines := process_files.tail(kept.path(layout.stdout_file))):
        log = kept.path(layout.stdout_file)
    return Failure(kind, kept.spec.label, detail, code, after_s, lines, log)


def _as_expected(kept: _Kept) -> bool:
    return kept.exit is not None and kept.exit.returncode in kept.spec.expected_exits


def _probe(kept: list[_Kept]) -> Probe:
    pids = {each.spec.label: each.started.pid for each in kept if each.started is not None}
    return Probe(pids, {each.spec.label: each.spec.listens for each in kept})


def _write_command(kept: _Kept) -> None:
    spec = kept.spec
    Path(spec.directory).mkdir(parents=True, exist_ok=True)
    Path(kept.path(layout.returncode_file)).unlink(missing_ok=True)  # of an earlier process: it means ended
    before = ""
    if spec.given is not None:
        told = {name: Path(spec.directory) / name for name in spec.given}
        needed = {name: path.read_text() for name, path in told.items() if str(path) in spec.argv}
        before = process_files.remade(spec.directory, needed)
    command = process_files.shell_command(spec.argv, spec.env, spec.cwd)
    write_text(
        kept.path(layout.command_file), before + command + process_files.place_of(spec.host, spec.cwd or spec.directory)
    )


def _order(kept: _Kept) -> dict[str, Any]:
    spec = kept.spec
    return {
        "key": kept.key,
        "argv": list(spec.argv),
        "env": clean_environment(os.environ) | dict(spec.env),
        "cwd": spec.cwd or spec.directory,
        "stdout": str(Path(kept.path(layout.stdout_file)).absolute()),
        "stderr": str(Path(kept.path(layout.stderr_file)).absolute()),
    }


def _on_started(kept: _Kept, event: dict[str, Any]) -> dict[str, Any]:
    return {"started": Started(kept.spec.label, event["pid"], event["nice"], event["oom"], event["ns"])}


def _on_failed(kept: _Kept, event: dict[str, Any]) -> dict[str, Any]:
    error = f"{os.strerror(event['errno'])}: {event['at']}"
    with contextlib.suppress(OSError), Path(kept.path(layout.stderr_file)).open("a") as file:
        file.write(f"fpray: {error}\n")  # for whoever reads the directory only
    return {"error": error}


def _on_exit(kept: _Kept, event: dict[str, Any]) -> dict[str, Any]:
    with contextlib.suppress(OSError):  # a full disk must not hide the exit
        write_text(kept.path(layout.returncode_file), f"{process_files.shell_code(event['code'])}\n")
    assert kept.started is not None  # the keeper tells of the start first
    return {
        "exit": Exit(
            label=kept.spec.label,
            pid=kept.started.pid,
            returncode=event["code"],
            utime_s=event["utime"],
            stime_s=event["stime"],
            maxrss_kb=event["maxrss_kb"],
            wall_s=event["wall"],
            started_ns=kept.started.started_ns,
            ended_ns=event["ns"],
            niceness=kept.started.niceness,
            stopped=kept.stopping,
        )
    }
