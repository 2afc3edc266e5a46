"""The processes that an attempt has started: which they are, how each ended, and stopping them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from fpray.cluster.calls import gather
from fpray.errors import Lost
from fpray.files.layout import stderr_file
from fpray.node.agent import Call
from fpray.node.messages import Exit
from fpray.plan.plan import Process
from fpray.store.outcome import ProcessEnd
from fpray.store.trial_directory import TrialDirectory
from fpray.trial.agents import CALL_S, Agents
from fpray.trial.plan_facts import by_agent, labels_of
from fpray.trial.timeline import Timeline

GRACE_S = 5.0


class StartedProcesses:
    """The processes of one attempt, from when their start is ordered.

    Attributes:
        stages: the processes in the order in which they were started.
        exits: label -> how the process ended, as far as it is known.
    """

    def __init__(self, directory: TrialDirectory, agents: Agents, timeline: Timeline) -> None:
        self._directory, self._agents, self._timeline = directory, agents, timeline
        self.stages: list[list[Process]] = []
        self.exits: dict[str, Exit] = {}
        self._exited: set[str] = set()  # labels of what is known to have exited, before how it did is asked for
        self._stopped = False

    def __iter__(self) -> Iterator[Process]:
        """Every process that was started."""
        return (process for stage in self.stages for process in stage)

    def role_of(self, label: str) -> str:
        """The role of a process; an empty string where no such process was started."""
        return next((process.role for process in self if process.label == label), "")

    def hosts_of(self, label: str) -> list[str]:
        """The machine of a process; no machine where no such process was started."""
        return [process.host for process in self if process.label == label]

    def ends(self) -> list[ProcessEnd]:
        """How each process ended."""
        return [_end(process.label, self.exits.get(process.label)) for process in self]

    def remarks(self) -> Iterator[str]:
        """What is said of sidecars that exited by themselves, and of processes with more output than is kept."""
        for process in self:
            exit_ = self.exits.get(process.label)
            if exit_ is None:
                continue
            as_expected = exit_.stopped or exit_.expected or exit_.returncode in process.expected_exits
            if process.kind == "sidecar" and not as_expected:
                yield (
                    f"{process.label}, a process of an instrument, exited with {exit_.returncode} before the end"
                    " of the trial: the data of this instrument are incomplete, but the trial's numbers are not"
                    f" affected. For the cause, see {stderr_file(process.label)} in the directory of the trial"
                )
            if exit_.left_out:
                yield (
                    f"the log of {process.label} is larger than --max-output: {exit_.left_out / 1e6:.0f} MB of its"
                    " middle are left out (the trial's numbers are not affected); to keep more of it, set a larger"
                    " --max-output"
                )

    def note_exited(self, processes: Iterable[Process]) -> None:
        """Take note that processes have exited by themselves, as expected: no other stage waits for their end."""
        self._exited |= {process.label for process in processes}

    def stop_all(self) -> None:
        """Stop whatever was started, the last stage first.

        Never raises: a process that is out of reach is ended by its supervisor.
        """
        if self._stopped:
            return
        self._stopped = True
        with contextlib.suppress(OSError):  # a full disk keeps nothing running
            self._directory.log("stopping")
        until = time.monotonic() + CALL_S + GRACE_S * len(self.stages)
        with self._timeline.timed("stopping"):
            calls: list[Call[Mapping[str, Exit]]] = []
            for stage in reversed(self.stages):
                calls += self._order_stop(stage)
                if not self._exited.issuperset(labels_of(stage)):
                    self._await(calls, until)
                    calls = []
            self._await(calls, until)

    def _order_stop(self, stage: Sequence[Process]) -> Iterator[Call[Mapping[str, Exit]]]:
        for (role, host), processes in by_agent(stage).items():
            with contextlib.suppress(Lost):
                yield self._agents.of(role, host).processes.stop(labels_of(processes), GRACE_S)

    def _await(self, calls: Iterable[Call[Mapping[str, Exit]]], until: float) -> None:
        """Wait for the ends of processes; an agent that is out of reach delays the others no longer than until then."""
        for call in calls:
            with contextlib.suppress(Lost, OSError):
                for _, exits in gather([call], max(0.1, until - time.monotonic())):
                    self._note_exits(exits)

    def _note_exits(self, exits: Mapping[str, Exit]) -> None:
        for label, exit_ in exits.items():
            if label not in self.exits:
                self.exits[label] = exit_
                detail = f"returned {exit_.returncode}" + (", stopped" if exit_.stopped else "")
                detail += ", as expected" if exit_.expected else ""
                self._timeline.note("exit", detail, role=self.role_of(label), label=label, t=exit_.ended_ns)


def _end(label: str, exit_: Exit | None) -> ProcessEnd:
    if exit_ is None:
        return ProcessEnd(label, None)
    cpu_s = round(exit_.utime_s + exit_.stime_s, 3)
    return ProcessEnd(label, exit_.returncode, cpu_s, exit_.maxrss_kb, exit_.niceness)
