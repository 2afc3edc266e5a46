"""What a trial asks of a machine before it starts there, and where it finds itself on it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fpray.node.jar_cache import Jars
from fpray.node.local_disk import local_directory, on_network
from fpray.node.scratch import Abandoned, Owner, Scratch

BEGAN = "start_time.txt"  # of a trial's directory: unlike any other attempt's


@dataclass(frozen=True)
class InspectionRequest:
    """What the driver knows, and wants.

    Attributes:
        host: this machine's address.
        ports: how many, from about `first` on.
        directory: the trial's, on the driver's machine.
        owner: the attempt.
        jar: the path there, and `sha256` its content.
        scratch: the directory that the user told trials to work below; None: where it is needed, anywhere local.
    """

    host: str
    ports: int
    first: int
    directory: str
    owner: Owner
    jar: str
    sha256: str
    scratch: str | None = None


@dataclass(frozen=True)
class WorkSite:
    """A machine, as a trial finds it.

    Attributes:
        ports: that are free.
        ended: what an ended driver had left running; it is gone.
        directory: where the trial's processes work: its own directory where that will do, or one on a local disk.
        jar: its path here; None where it must be sent.
        free: bytes on the disk of that directory.
        abandoned: what earlier attempts of the suite left here, to be brought home and removed.
    """

    ports: Sequence[int]
    ended: Sequence[str]
    directory: str
    jar: str | None
    free: int
    abandoned: Sequence[Abandoned] = ()


def site_of(
    errand: InspectionRequest, ports: Sequence[int], ended: Sequence[str], jars: Jars, scratch: Scratch
) -> WorkSite:
    """Where a trial works here: in the suite where this machine sees it and it is on no network, else on scratch.

    Raises:
        Lost: nowhere.
    """
    abandoned = scratch.clean(errand.scratch, errand.owner.suite)
    directory = errand.directory
    if errand.scratch is not None or not _seen(errand) or (on_network(directory) and local_directory() is not None):
        directory = scratch.make(errand.scratch, errand.owner)
    free = shutil.disk_usage(directory).free
    return WorkSite(ports, ended, directory, jars.find(errand.jar, errand.sha256), free, abandoned)


def _seen(errand: InspectionRequest) -> bool:
    """Whether this is the driver's very directory, and may be written: one of the same name, such as a copy, is not."""
    try:
        same = (Path(errand.directory) / BEGAN).read_text() == errand.owner.began
        return same and os.access(errand.directory, os.W_OK)
    except OSError:
        return False
