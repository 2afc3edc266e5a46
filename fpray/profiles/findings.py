"""What the profiles of a trial become: recordings in one place, stacks as text, a flame graph of each role, notes."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from fpray.errors import FprayError
from fpray.files import layout
from fpray.files.paths import short_path
from fpray.files.printable import printable
from fpray.files.reading import tail
from fpray.plan.plan import Plan, Process
from fpray.profiles.async_profiler import refusals
from fpray.profiles.flame_graph import flame_graph
from fpray.profiles.flight_recorder import PERIOD_MS, why_no_recording
from fpray.profiles.jfr.cursor import BadRecording
from fpray.profiles.jfr.samples import read_samples
from fpray.profiles.stacks import Stacks, as_text, counted
from fpray.store.outcome import Status
from fpray.store.suite import Suite
from fpray.store.trial_directory import TrialDirectory
from fpray.trial.instruments import Findings, RunningTrial

_WINDOW: Final = "Samples of the measured window: the time in which the clients measured."
_WHOLE: Final = "Samples since the start of each process: the trial has no measured window."
_JFR: Final = (
    f"JDK Flight Recorder looked every {PERIOD_MS} ms at threads that ran Java code, or waited for a core to run it."
)
_ASYNC: Final = f"async-profiler looked at each thread after every {PERIOD_MS} ms of CPU time of it."
_NO_MODULE: Final = "Module jdk.jfr not found"  # what a Java says that was made without it, by jlink
_ASYNC_HINT: Final = "it was killed, or it had ended before async-profiler was loaded"
DOUBT: Final = (
    "the processes of this trial were profiled, which takes about 3 % of their CPU time: do not compare these figures"
    " with those of trials that were not profiled (docs/profiles.md)"
)


def profiles_of(trial: RunningTrial, *, by_async_profiler: bool) -> Findings:
    """The findings of a trial that was profiled.

    An attempt that runs again has none: its recordings stay as they are.
    """
    outcome, plan, directory = trial.outcome, trial.plan, trial.directory
    if outcome is None or plan is None or outcome.status in (Status.INTERRUPTED, Status.LOST):
        return Findings()
    reasons = refusals(trial) if by_async_profiler else {}
    stacks: dict[str, Stacks] = {}
    notes: list[str] = []
    for process in _of_protocol(plan):
        label = process.label
        try:
            stacks[label] = counted(read_samples(gather(directory.path, label)), trial.window_ns)
        except FileNotFoundError:
            why = reasons.get(label) or (_ASYNC_HINT if by_async_profiler else _why_none(process, directory))
            notes.append(f"there is no profile of {label}, because its JVM has recorded nothing: {why}")
        except (BadRecording, OSError) as error:
            why = (error.strerror if isinstance(error, OSError) else None) or str(error)
            name = layout.recording_file(label)
            notes.append(f"there is no profile of {label}, because {name} cannot be read: {printable(why)}")
    files = {layout.stacks_file(label): as_text(own) for label, own in stacks.items()}
    remarks = [_WHOLE if trial.window_ns is None else _WINDOW, _ASYNC if by_async_profiler else _JFR]
    files |= _flame_graphs(plan, stacks, f"{directory.path.parent.name}/{directory.number}", remarks)
    if stacks:
        profiles = f"{len(stacks)} profile{'s' * (len(stacks) > 1)}"
        notes.insert(0, f"{profiles}: fpray profile {short_path(directory.path)}")
    return Findings(notes=notes, doubts=[DOUBT], files=files)


def gather(directory: Path, label: str) -> Path:
    """The recording of a process, in one file; what a JVM that was killed has left in several becomes one.

    Raises:
        FileNotFoundError: there is none.
        OSError: it cannot be read or written.
    """
    recording, parts = directory / layout.recording_file(label), directory / layout.recording_parts(label)
    chunks = sorted(path for path in parts.rglob("*.jfr") if path.is_file() and path.stat().st_size)
    if chunks:  # the JVM removes them when it has written the file
        with recording.open("wb") as whole:
            for chunk in chunks:
                with chunk.open("rb") as part:
                    shutil.copyfileobj(part, whole)
    shutil.rmtree(parts, ignore_errors=True)
    if not recording.stat().st_size:
        raise FileNotFoundError(recording)
    return recording


def _of_protocol(plan: Plan) -> Iterator[Process]:
    return (process for process in plan.processes if process.kind != "sidecar")


def _flame_graphs(plan: Plan, stacks: Mapping[str, Stacks], trial: str, remarks: Sequence[str]) -> dict[str, str]:
    """File -> the page of a role."""
    by_role: dict[str, dict[str, Stacks]] = {}
    for process in _of_protocol(plan):
        if process.label in stacks:
            by_role.setdefault(process.role, {})[process.label] = stacks[process.label]
    return {
        layout.flame_graph_file(role): flame_graph(f"{role} · {trial}", remarks, own) for role, own in by_role.items()
    }


def _why_none(process: Process, directory: TrialDirectory) -> str:
    """Why there is no recording of a process, as far as it can be told."""
    logs = [directory.file(name(process.label)) for name in (layout.stdout_file, layout.stderr_file)]
    if any(_NO_MODULE in line for log in logs for line in tail(log)):
        return (
            "its Java has no module jdk.jfr, and does not start with the arguments of a profile. Use the java of a"
            " whole JDK or JRE, or --profiler async=PATH, or leave out -p"
        )
    if why := why_no_recording(_jvm(directory, process.host)):
        return why
    return (
        "it was killed before it had recorded anything, or its Java cannot record. JDK Flight Recorder needs JDK 8u262,"
        f" JDK 11 or newer, with the module jdk.jfr. See {layout.stdout_file(process.label)}"
    )


def _jvm(directory: TrialDirectory, host: str) -> str:
    """What `java -version` says on a machine; empty where the suite does not say it."""
    with contextlib.suppress(FprayError, OSError):
        machines = Suite(directory.path.parent).record.last_run.get("machines", {})
        return str(machines[host]["jvm"]) if host in machines else ""
    return ""
