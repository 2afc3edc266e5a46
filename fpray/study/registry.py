"""Finding protocols and studies by name, through entry points: nothing in fpray names one."""

from __future__ import annotations

import functools
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from fpray.errors import Cause, nearest, refuse
from fpray.files.shown import in_brief
from fpray.protocol.protocol import Protocol
from fpray.study.study import Study
from fpray.study.study_file import is_study_file, load_study_file


@functools.cache
def protocols() -> dict[str, Protocol[Any]]:
    """Every protocol that is installed, by name."""
    by_name: dict[str, Protocol[Any]] = {}
    for point in entry_points(group="fpray.protocols"):
        by_name |= point.load()
    return dict(sorted(by_name.items()))


@functools.cache
def studies() -> dict[str, dict[str, Study]]:
    """Every study that is installed: protocol -> name -> study."""
    installed: dict[str, dict[str, Study]] = {}
    for point in entry_points(group="fpray.studies"):
        for protocol, by_name in point.load().items():
            installed.setdefault(protocol, {}).update(by_name)
    return installed


def find_protocol(name: str) -> Protocol[Any]:
    """A protocol by name.

    Raises:
        Refused: there is none, with the nearest name.
    """
    known = protocols()
    if not isinstance(name, str) or name not in known:
        name = in_brief(name)
        raise refuse(
            name, f"there is no such protocol{nearest(name, known)} (fpray protocols lists them)", Cause.PROTOCOL
        )
    return known[name]


def find_study(protocol: Protocol[Any], name: str) -> Study:
    """A study of a protocol by name, or from a file; its name ends in .py.

    Raises:
        Refused: there is none, or it is of another protocol.
    """
    if is_study_file(name):
        study = load_study_file(Path(name))
        if study.protocol != protocol.name:
            raise refuse(
                name,
                f"is a study of {study.protocol}, not of {protocol.name}: run fpray {study.command}"
                f" {study.protocol} --study {name}",
                Cause.STUDY,
            )
        return study
    known = studies().get(protocol.name, {})
    if name not in known:
        names = ", ".join(sorted(known))
        sentence = (
            f"{protocol.name} has no such study{nearest(name, known)}; its studies: {names} (your own: --study mine.py)"
        )
        raise refuse(f"--study {name}", sentence, Cause.STUDY)
    return known[name]
