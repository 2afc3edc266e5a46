"""The profile of a trial on disk: the stacks of its processes, by role, and where the flame graphs are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fpray.errors import Cause, nearest, only_reading, refuse
from fpray.files import layout
from fpray.files.atomic import write_text
from fpray.files.paths import short_path
from fpray.profiles.flame_graph import flame_graph
from fpray.profiles.stacks import Share, Stacks, read_stacks, shares
from fpray.store.find import find_trial
from fpray.store.plan_file import planned_processes


@dataclass(frozen=True)
class Part:
    """What was asked for of a trial: a role, or one process of it.

    Attributes:
        name: of the role or the process. role: that of the process, or the same.
        stacks: label -> the stacks of a process.
        flame_graph: of the role; it may be gone.
    """

    name: str
    role: str
    stacks: Mapping[str, Stacks]
    flame_graph: Path

    @property
    def samples(self) -> int:
        """How many there are."""
        return sum(sum(own.values()) for own in self.stacks.values())

    @property
    def functions(self) -> dict[str, Share]:
        """Function -> its samples."""
        return shares(self.stacks.values())


@dataclass(frozen=True)
class TrialProfile:
    """The parts of a trial that were profiled, in the order of its plan.

    Attributes:
        name: as SUITE/TRIAL.
        directory: of the trial.
        labels: role -> its processes.
        notes: what its outcome says of processes without a profile.
    """

    name: str
    directory: Path
    labels: Mapping[str, Sequence[str]]
    parts: Sequence[Part]
    notes: Sequence[str]


def read_profile(text: str, root: Path, wanted_part: str | None) -> TrialProfile:
    """The profile of a trial that is named as for `find_trial`.

    wanted_part: a role, or the label of a process; None for all roles.

    Raises:
        Refused: there is no such trial, it was not profiled, or it has no such role.
    """
    with only_reading():
        suite, directory = find_trial(text, root)
        outcome = directory.latest()
        roles: dict[str, list[str]] = {}
        for process in planned_processes(directory):
            if process.kind != "sidecar":
                roles.setdefault(process.role, []).append(process.label)
        names = [*roles, *(label for labels in roles.values() for label in labels)]
        if wanted_part is not None and wanted_part not in names:
            more = f"{nearest(wanted_part, names)}; its roles: {', '.join(roles)}"
            raise refuse(wanted_part, f"is no role and no process of trial {directory.number}{more}", Cause.TRIAL)
        parts = [
            Part(name, role, _stacks(directory.path, labels), directory.file(layout.flame_graph_file(role)))
            for role, own in roles.items()
            for name, labels in ((role, own), *((label, [label]) for label in own if label != role))
            if (name == role if wanted_part is None else name == wanted_part)
        ]
        notes = [note for note in (outcome.notes if outcome else ()) if note.startswith("there is no profile")]
        if not any(part.stacks for part in parts):
            raise refuse(text, _why_none(notes, short_path(suite.path)), Cause.TRIAL)
    name, parts = f"{suite.short_name}/{directory.number}", [part for part in parts if part.stacks]
    return TrialProfile(name, directory.path, roles, parts, notes)


def write_flame_graph(profile: TrialProfile, role: str) -> Path:
    """Write the page of a role anew, from the stacks: the one that is there may be another's, if the suite is.

    Raises:
        OSError: it cannot be written.
    """
    file = profile.directory / layout.flame_graph_file(role)
    remarks = [f"Written anew by fpray profile, from the stacks of trial {profile.name}."]
    write_text(file, flame_graph(f"{role} · {profile.name}", remarks, _stacks(profile.directory, profile.labels[role])))
    return file


def _stacks(directory: Path, labels: Sequence[str]) -> dict[str, Stacks]:
    files = {label: directory / layout.stacks_file(label) for label in labels}
    return {label: read_stacks(file) for label, file in files.items() if file.is_file()}


def _why_none(notes: Sequence[str], suite: str) -> str:
    if notes:
        return f"has no profile: {notes[0]}"
    return (
        "was not profiled, or has not ended yet: to profile trials, run the same fpray command with -p, for example"
        f" fpray sweep PROTOCOL -p -s {suite}"
    )
