"""Finding protocols and studies by name, through entry points: nothing in fpray names one."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from fpray.errors import Cause, nearest, refuse
from fpray.files.shown import in_brief
from fpray.protocol.on_demand import OnDemand
from fpray.protocol.protocol import Protocol
from fpray.study.study import Study
from fpray.study.study_file import StudyFile, is_study_file, load_study_file

_PROTOCOLS, _STUDIES = "fpray.protocols", "fpray.studies"


@functools.cache
def _points() -> Mapping[str, Iterable[EntryPoint]]:
    """The entry points of both groups. They are read once: that opens a file of each package that is installed."""
    points = entry_points()
    return {group: points.select(group=group) for group in (_PROTOCOLS, _STUDIES)}


@functools.cache
def protocols() -> Mapping[str, Protocol[Any]]:
    """Every protocol that is installed, by name, sorted."""
    by_name: OnDemand[Protocol[Any]] = OnDemand.merged(*(point.load() for point in _points()[_PROTOCOLS]))
    return OnDemand({name: functools.partial(by_name.__getitem__, name) for name in sorted(by_name)})


@functools.cache
def studies() -> Mapping[str, Mapping[str, Study]]:
    """Every study that is installed: protocol -> name -> study."""
    registries: list[Mapping[str, Mapping[str, Study]]] = [point.load() for point in _points()[_STUDIES]]

    def of(protocol: str) -> Mapping[str, Study]:
        return OnDemand.merged(*(registry.get(protocol, {}) for registry in registries))

    names = dict.fromkeys(name for registry in registries for name in registry)
    return OnDemand({name: functools.partial(of, name) for name in names})


def find_protocol(name: str) -> Protocol[Any]:
    """A protocol by name.

    Raises:
        Refused: there is none, with the nearest name.
    """
    choices = protocols()
    if not isinstance(name, str) or name not in choices:
        name = in_brief(name)
        raise refuse(
            name, f"there is no such protocol{nearest(name, choices)} (fpray protocols lists them)", Cause.PROTOCOL
        )
    return choices[name]


def find_study(protocol: Protocol[Any], name: str) -> Study:
    """A study of a protocol by name, or from a file; its name ends in .py.

    Raises:
        Refused: there is none, or it is of another protocol.
    """
    if is_study_file(name):
        return find_study_file(protocol, name).study
    choices = studies().get(protocol.name, {})
    if name not in choices:
        names = f"{', '.join(sorted(choices))} (your own: --study mine.py)"
        sentence = f"{protocol.name} has no such study{nearest(name, choices)}; its studies: {names}"
        raise refuse(f"--study {name}", sentence, Cause.STUDY)
    return choices[name]


def find_study_file(protocol: Protocol[Any], name: str) -> StudyFile:
    """A file with a study of a protocol.

    Raises:
        Refused: there is none, or its study is of another protocol.
    """
    file = load_study_file(Path(name))
    if (study := file.study).protocol != protocol.name:
        raise refuse(
            name,
            f"is a study of {study.protocol}, not of {protocol.name}: run fpray {study.command}"
            f" {study.protocol} --study {name}",
            Cause.STUDY,
        )
    return file
