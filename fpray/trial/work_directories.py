"""Where a trial works on each of its machines, and how its files come from there to the suite."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fpray.errors import Lost
from fpray.files import layout
from fpray.node.agent import NodeAgent
from fpray.node.file_transfer import Parcel
from fpray.node.inspection import WorkSite
from fpray.node.process_files import add_pids
from fpray.plan.plan import Plan, Process
from fpray.store.trial_directory import TrialDirectory

if TYPE_CHECKING:
    from fpray.recorder.csv_reader import Reading

# Remote calls, and who is asked by each -> (call, value), as `fpray.cluster.calls.gather` without its deadline.
Gather = Callable[[Mapping[Any, str]], Iterator[tuple[Any, Any]]]
Speaker = Callable[[str], NodeAgent]  # machine -> an agent there
RECORDED = layout.data_file("*")


class WorkDirectories:
    """The directories in which the processes of one attempt work.

    A machine that sees the suite, on a disk of its own, works in the suite; the others work on their own disks, and
    what they write is brought home when everything has stopped.
    """

    def __init__(self, directory: TrialDirectory, sites: Mapping[str, WorkSite]) -> None:
        self._directory = directory
        self._home = str(directory.path.absolute())
        self.sites = sites
        self.away = {host: site.directory for host, site in sites.items() if site.directory != self._home}
        self._arrivals = _Arrivals(directory)

    def too_full(self, needed: int) -> str | None:
        """Where there are fewer bytes free than a trial needs, on a disk that is not the suite's."""
        for host in self.away:
            if (site := self.sites[host]).free < needed:
                free = f"{site.free / 1e6:.0f} MB are free on machine {host} at {Path(site.directory).parent}"
                return f"trial {self._directory.number} needs {needed / 1e6:.0f} MB, {free}"
        return None

    def localize(self, text: str) -> str:
        """A text with the paths that its files will have in the suite."""
        for there in self.away.values():
            text = text.replace(there, self._home)
        return text

    def at_home(self, reading: Reading) -> Reading:
        """A client's rows, and what is said of their file."""
        if not self.away or not (reading.notes or reading.error):
            return reading
        error = self.localize(reading.error) if reading.error else None
        return replace(reading, notes=tuple(map(self.localize, reading.notes)), error=error)

    def given(self, process: Process, plan: Plan) -> tuple[str, ...] | None:
        """The plan's files, where a process works in a directory that goes when the trial is over."""
        return tuple(plan.files) if process.host in self.away else None

    def write_inputs(self, plan: Plan, speaker: Speaker, gather: Gather) -> None:
        """Write the plan's files on the machines that do not see the suite's."""
        calls = {speaker(host).files.write(there, plan.files): host for host, there in self.away.items()}
        for _ in gather(calls):
            pass

    def fetch_files(
        self, expected: Mapping[str, Collection[str]], leave_out: Collection[str], speaker: Speaker, gather: Gather
    ) -> Mapping[str, int]:
        """Copy what the processes left elsewhere, but for some names, and remove it there; host -> bytes free there.

        expected: the machines, and the files that must come from each.

        Raises:
            Lost: not all of it can be had.
            OSError: it cannot be written here.
        """
        away = {host: self.away[host] for host in expected}
        free = _fetch(self._arrivals, away, sorted(leave_out), speaker, gather)
        for host, names in expected.items():
            if missing := [name for name in names if name not in self._arrivals.come]:
                raise Lost(f"{missing[0]} is gone from {self.away[host]} on machine {host}", [host])
        for _ in gather({speaker(host).files.remove(there): host for host, there in away.items()}):
            pass
        return free

    def bring_abandoned(self, speaker: Speaker, gather: Gather) -> None:
        """Bring home the logs of attempts whose driver or role actor died, and remove what is left of them."""
        for host, site in self.sites.items():
            for left in site.abandoned:
                # That attempt may be moving to attempts/ just now, in the thread of its trial's next one.
                with tempfile.TemporaryDirectory(prefix=".home-", dir=self._directory.path.parent) as halfway:
                    arrivals = _Arrivals(TrialDirectory(Path(halfway)))
                    _fetch(arrivals, {host: left.directory}, [RECORDED, "*.pbtxt"], speaker, gather)
                    self._directory.add_to_attempt(left.owner.trial, left.owner.began, Path(halfway))
                for _ in gather({speaker(host).files.remove(left.directory): host}):
                    pass


@dataclass
class _Arrivals:
    """Writes what comes from elsewhere into a directory of the suite; `come` is from which machine each file came."""

    into: TrialDirectory
    come: dict[str, str] = field(default_factory=dict)

    def unpack(self, parcel: Parcel, host: str) -> None:
        for name, offset, content, ends in parcel.pieces:
            if name == layout.PIDS:  # each machine has one of its own
                add_pids(str(self.into.path), json.loads(content))
            elif self.come.setdefault(name, host) == host:
                self.into.write_piece(name, offset, content, last=ends)
            else:
                path = Path(name)
                self.into.write_piece(str(path.with_name(f"{host}_{path.name}")), offset, content, last=ends)


def _fetch(
    arrivals: _Arrivals, away: Mapping[str, str], leave_out: Sequence[str], speaker: Speaker, gather: Gather
) -> Mapping[str, int]:
    """Copy files parcel by parcel, from all machines side by side; host -> bytes that are free there."""
    begins: dict[str, tuple[str, int] | None] = dict.fromkeys(away)
    free: dict[str, int] = {}
    while begins:
        calls = {speaker(host).files.read_parcel(away[host], leave_out, begin): host for host, begin in begins.items()}
        begins = {}
        for call, parcel in gather(calls):
            host = calls[call]
            arrivals.unpack(parcel, host)
            free[host] = parcel.free
            if parcel.following is not None:
                begins[host] = parcel.following
    return free
