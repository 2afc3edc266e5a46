"""What a trial asks of a machine before it starts there, and what it learns: ports, a directory, the jar's path."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fpray.files import layout
from fpray.node.jar_cache import JarCache
from fpray.node.java import JAVA, java_program, java_version
from fpray.node.local_disk import local_directory, on_network
from fpray.node.scratch import Abandoned, Owner, Scratch


@dataclass(frozen=True)
class Survey:
    """Whether a machine can be used for a sweep.

    Attributes:
        has_jar: whether the jar is there.
        problem: why no trial can work below the requested scratch directory; "" if trials can.
    """

    has_jar: bool
    problem: str = ""


@dataclass(frozen=True)
class InspectionRequest:
    """What the driver knows, and wants.

    Attributes:
        host: this machine's address.
        ports: how many ports, from about `first` on.
        directory: the trial's directory, on the driver's machine.
        owner: the attempt.
        jar: the path there; `sha256` is its content.
        scratch: the directory below which the user wants trials to work; None: where it is needed, any local one.
        java: the program that the user wants to start JVMs with.
    """

    host: str
    ports: int
    first: int
    directory: str
    owner: Owner
    jar: str
    sha256: str
    scratch: str | None = None
    java: str = JAVA


@dataclass(frozen=True)
class WorkSite:
    """What an inspection found on a machine.

    Attributes:
        ports: free ports.
        ended: processes of an ended driver that still ran; they are gone.
        directory: where the trial's processes work: the trial's own directory if that will do, or one on a local disk.
        jar: its path here; None if it must be sent.
        free: bytes on the disk of that directory.
        abandoned: what earlier attempts of the suite left here, to be copied to the suite and removed.
        java: the program that starts JVMs here.
        java_version: its major version, such as 8 or 17; 0 where its files do not say it.
    """

    ports: Sequence[int]
    ended: Sequence[str]
    directory: str
    jar: str | None
    free: int
    abandoned: Sequence[Abandoned] = ()
    java: str = JAVA
    java_version: int = 0


def inspect_site(
    request: InspectionRequest, ports: Sequence[int], orphans: Sequence[str], jars: JarCache, scratch: Scratch
) -> WorkSite:
    """Choose where a trial works: in the suite if this machine sees it on a disk of its own, else on scratch.

    Raises:
        Lost: there is no such directory.
    """
    remains = scratch.clean(request.scratch, request.owner.suite)
    directory = request.directory
    if (
        request.scratch is not None
        or not _is_visible(request)
        or (on_network(directory) and local_directory() is not None)
    ):
        directory = scratch.make(request.scratch, request.owner)
    free = shutil.disk_usage(directory).free
    jar, java = jars.find(request.jar, request.sha256), java_program(request.java)
    return WorkSite(ports, orphans, directory, jar, free, remains, java, java_version(java))


def _is_visible(request: InspectionRequest) -> bool:
    """Whether the driver's very directory can be written from here; one of the same name, such as a copy, is not it."""
    try:
        same = (Path(request.directory) / layout.START_TIME).read_text() == request.owner.began
        return same and os.access(request.directory, os.W_OK)
    except OSError:
        return False
