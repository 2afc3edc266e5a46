"""What is known of the processes that were started: how each was ordered, whether it runs, how it ended."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fpray.errors import Lost
from fpray.files import layout
from fpray.files.atomic import write_text
from fpray.node.messages import Exit, ProcessSpec, Started, clean_environment
from fpray.node.output_limit import BoundedFile, OutputLimit
from fpray.node.process_files import shell_code


@dataclass
class TrackedProcess:
    """A process from its order until its trial is forgotten. It is over when it has an exit or an error."""

    key: int
    spec: ProcessSpec
    ordered: float = field(default_factory=time.monotonic)
    started: Started | None = None
    exit: Exit | None = None
    error: str = ""  # why it never became its program
    stopping: bool = False
    exit_expected: bool = False  # whatever its code is
    ready_after_s: float | None = None  # from the order to listening on everything

    @property
    def label(self) -> str:
        """Its label."""
        return self.spec.label

    @property
    def over(self) -> bool:
        """Whether it has ended, or never became its program."""
        return self.exit is not None or bool(self.error)

    @property
    def as_expected(self) -> bool:
        """Whether it has ended as it should."""
        return self.exit is not None and (self.exit_expected or self.exit.returncode in self.spec.expected_exits)

    def path(self, name: Callable[[str], str]) -> str:
        """One of its files, by a function of `fpray.files.layout`."""
        return str(Path(self.spec.directory) / name(self.label))

    def order(self) -> dict[str, Any]:
        """What the supervisor is to start."""
        return {
            "key": self.key,
            "argv": list(self.spec.argv),
            "env": clean_environment(os.environ) | dict(self.spec.env),
            "cwd": self.spec.cwd or self.spec.directory,
            "stdout": str(Path(self.path(layout.stdout_file)).absolute()),
            "stderr": str(Path(self.path(layout.stderr_file)).absolute()),
        }

    def outputs(self) -> list[BoundedFile]:
        """Its outputs, where they are bounded."""
        most = self.spec.max_output
        return [BoundedFile(self.path(name), most) for name in (layout.stdout_file, layout.stderr_file) if most]

    def changes(self, event: Mapping[str, Any], left_out: int = 0) -> dict[str, Any]:
        """What an event of the supervisor changes in this; it is written into the trial's directory, too.

        left_out: bytes of its outputs that are beyond their bound.
        """
        match event["event"]:
            case "started":
                return {"started": Started(self.label, event["pid"], event["nice"])}
            case "failed":
                error = f"{os.strerror(event['errno'])}: {event['at']}"
                with contextlib.suppress(OSError), Path(self.path(layout.stderr_file)).open("a") as file:
                    file.write(f"fpray: {error}\n")  # for readers of the directory
                return {"error": error}
        with contextlib.suppress(OSError):  # a full disk must not hide the exit
            write_text(self.path(layout.returncode_file), f"{shell_code(event['code'])}\n")
        return {"exit": replace(self._exit(event), left_out=left_out)}

    def _exit(self, event: Mapping[str, Any]) -> Exit:
        assert self.started is not None  # the supervisor reports the start first
        return Exit(
            label=self.label,
            returncode=event["code"],
            utime_s=event["utime"],
            stime_s=event["stime"],
            maxrss_kb=event["maxrss_kb"],
            wall_s=event["wall"],
            ended_ns=event["ns"],
            niceness=self.started.niceness,
            stopped=self.stopping,
            expected=self.exit_expected,
        )


class ProcessTable:
    """The processes of one supervisor, by label. Any thread may use it.

    Attributes:
        changed: notified after each change; a thread that looks at several processes at one moment holds it.
        lost: whether the supervisor is gone.
        closing: whether the supervisor is being ended.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.lost = self.closing = False
        self._by_label: dict[str, TrackedProcess] = {}
        self._by_key: dict[int, TrackedProcess] = {}
        self._keys = itertools.count(1)
        self._answers: dict[int, Sequence[int]] = {}  # to stops and signals, by the order's id
        self._limit = OutputLimit()

    def add(self, specs: list[ProcessSpec]) -> list[TrackedProcess]:
        """Begin to track processes; forgets every trial in which nothing runs any more.

        Raises:
            Lost: a process of an earlier trial has one of the labels, and still runs: it hangs in the kernel.
            ValueError: two of them have the same label.
        """
        with self.changed:
            live = {spec.directory for spec in specs}
            live |= {process.spec.directory for process in self._by_label.values() if not process.over}
            self._by_label = {
                label: process for label, process in self._by_label.items() if process.spec.directory in live
            }
            labels = [spec.label for spec in specs]
            if len(set(labels)) < len(labels):
                double = next(label for label in labels if labels.count(label) > 1)
                raise ValueError(
                    f"two processes of a trial have the same label, {double}. Give each process a label of its own (the"
                    " Python file of the protocol or of the instrument decides the labels)"
                )
            for label in labels:
                if label in self._by_label and not self._by_label[label].over:
                    raise Lost(
                        f"{label} of an earlier trial still runs and cannot be killed. Restart the machine on which it"
                        " runs; otherwise fpray's next attempt on that machine fails, too"
                    )
            processes = [TrackedProcess(next(self._keys), spec) for spec in specs]
            for process in processes:
                self._by_label[process.label] = self._by_key[process.key] = process
            return processes

    def find(self, labels: Iterable[str]) -> list[TrackedProcess]:
        """The processes with these labels. Raises KeyError for an unknown one."""
        with self.changed:
            return [self._by_label[label] for label in labels]

    def labels(self) -> frozenset[str]:
        """The labels of every process that is not forgotten."""
        with self.changed:
            return frozenset(self._by_label)

    def started(self) -> dict[str, Started]:
        """Every process that was started and is not forgotten, by label."""
        with self.changed:
            return {label: process.started for label, process in self._by_label.items() if process.started is not None}

    def exits(self) -> dict[str, Exit]:
        """Every process that ended and is not forgotten, by label."""
        with self.changed:
            return {label: process.exit for label, process in self._by_label.items() if process.exit is not None}

    def mark_stopping(self, processes: Iterable[TrackedProcess]) -> None:
        """Note that exits of these processes are intended from now on."""
        with self.changed:
            for process in processes:
                process.stopping = process.stopping or not process.over

    def expect_exit(self, processes: Iterable[TrackedProcess]) -> None:
        """From now on their exits are no failure."""
        with self.changed:
            for process in processes:
                process.exit_expected = True
            self.changed.notify_all()

    def update(self, event: Mapping[str, Any]) -> None:
        """Take note of an event that concerns one process."""
        process = self._by_key.get(event["key"])
        if process is None:
            return
        if event["event"] == "started":
            self._limit.add(process.key, process.outputs())
        changes = process.changes(event, self._limit.end(process.key) if event["event"] == "exit" else 0)
        with self.changed:
            for name, value in changes.items():
                setattr(process, name, value)
            if process.over:
                del self._by_key[process.key]
            self.changed.notify_all()

    def set_lost(self) -> None:
        """The supervisor is gone, or ends everything."""
        with self.changed:
            self.lost = True
            self.changed.notify_all()

    def set_closing(self) -> None:
        """Every exit from now on is intended, and nothing is waited for any more."""
        with self.changed:
            self.closing = True
            self.mark_stopping(self._by_label.values())
            self.changed.notify_all()

    def wait(self, condition: Callable[[], bool], deadline_s: float | None) -> None:
        """Wait until a condition holds, the supervisor is gone, or for deadline_s seconds; with `changed` held."""
        if deadline_s is not None:
            deadline_s = min(deadline_s, threading.TIMEOUT_MAX)
        self.changed.wait_for(lambda: self.lost or condition(), deadline_s)

    def set_answer(self, order: int, keys: Sequence[int]) -> None:
        """The supervisor has answered an order, with keys of processes."""
        with self.changed:
            self._answers[order] = keys
            self.changed.notify_all()

    def await_answer(self, order: int, deadline_s: float) -> Sequence[int]:
        """The keys in the answer to an order; none if there is no answer."""
        with self.changed:
            self.wait(lambda: order in self._answers, deadline_s)
            return self._answers.pop(order, ())

    def first_failed(self, awaited: list[TrackedProcess], *, ended_is_failure: bool = False) -> TrackedProcess | None:
        """The first process of the trial of the awaited ones that ended as it should not have; with `changed` held.

        ended_is_failure: an awaited process that has ended is one, too, however it ended.
        """
        if self.lost or self.closing:
            living = (process for process in awaited if not process.over)
            return next(living, awaited[0] if awaited and ended_is_failure else None)
        directories = {process.spec.directory for process in awaited}
        for process in self._by_label.values():
            unexpected = process.over and not process.stopping and not process.as_expected
            if unexpected and process.spec.directory in directories:
                return process
        late = (process for process in awaited if process.over or process.started is None)
        return next(late, None) if ended_is_failure else None
