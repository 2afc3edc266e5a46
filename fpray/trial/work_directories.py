"""Where a trial works on each of its machines, and how its files come from there to the suite."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fpray.errors import Lost
from fpray.files import layout
from fpray.node.agent import NodeAgent
from fpray.node.file_transfer import Chunk
from fpray.node.inspection import WorkSite
from fpray.node.process_files import add_pids, read_pids
from fpray.plan.plan import Plan, Process
from fpray.store.trial_directory import TrialDirectory

if TYPE_CHECKING:
    from fpray.recorder.csv_reader import Reading

# Calls -> where each is answered, to (call, answer): `fpray.trial.agents.Agents.ask`.
Gather = Callable[[Mapping[Any, str]], Iterator[tuple[Any, Any]]]
AgentAt = Callable[[str], NodeAgent]  # a machine -> an agent on it
RECORDED = layout.data_file("*")


class WorkDirectories:
    """The directories in which the processes of one attempt work.

    A machine that has the suite on its own disk works in the suite. The others work on their own disks, and their files
    are copied to the suite when everything has stopped.

    Attributes:
        sites: machine -> what its inspection found.
        away: machine -> its directory, of those that do not work in the suite.
    """

    def __init__(self, directory: TrialDirectory, sites: Mapping[str, WorkSite]) -> None:
        self._directory = directory
        self._home = str(directory.path.absolute())
        self.sites = sites
        self.away = {host: site.directory for host, site in sites.items() if site.directory != self._home}
        self._arrivals = _Arrivals(directory)

    def too_full(self, need: int) -> str | None:
        """A sentence about a machine with less space on its own disk than a trial needs; None if there is none."""
        for host in self.away:
            if (site := self.sites[host]).free < need:
                where = f"on the disk of machine {host} at {Path(site.directory).parent}"
                few = f"but only {site.free / 1e6:.0f} MB are free {where}"
                return f"trial {self._directory.number} needs {need / 1e6:.0f} MB, {few}"
        return None

    def localize(self, text: str) -> str:
        """A text with the paths that its files will have in the suite."""
        for directory in self.away.values():
            text = text.replace(directory, self._home)
        return text

    def localize_reading(self, reading: Reading) -> Reading:
        """A client's rows with notes that name their file by its path in the suite."""
        if not self.away or not (reading.notes or reading.error):
            return reading
        error = self.localize(reading.error) if reading.error else None
        return replace(reading, notes=tuple(map(self.localize, reading.notes)), error=error)

    def given(self, process: Process, plan: Plan) -> tuple[str, ...] | None:
        """The plan's files, if the process works in a directory that is removed when the trial is over."""
        return tuple(plan.files) if process.host in self.away else None

    def write_inputs(self, plan: Plan, agent_at: AgentAt, gather: Gather) -> None:
        """Write the plan's files on the machines that do not work in the suite."""
        calls = {agent_at(host).files.write(directory, plan.files): host for host, directory in self.away.items()}
        for _ in gather(calls):
            pass

    def fetch_files(
        self, expected: Mapping[str, Collection[str]], leave_out: Collection[str], agent_at: AgentAt, gather: Gather
    ) -> Mapping[str, int]:
        """Copy files from other disks to the suite, and remove them there; host -> bytes that are free on that disk.

        expected: the machines, and the files that must come from each; leave_out: names that are not copied.

        Raises:
            Lost: not all of it can be had.
            OSError: it cannot be written here.
        """
        away = {host: self.away[host] for host in expected}
        free = _fetch(self._arrivals, away, sorted(leave_out), agent_at, gather)
        for host, names in expected.items():
            if missing := [name for name in names if name not in self._arrivals.senders]:
                where = f"{self.away[host]} on machine {host}"
                what = f"the file {missing[0]} of this trial is gone: something removed it from {where}"
                raise Lost(f"{what}. Stop what removes files there, such as a clean-up job", [host])
        for _ in gather({agent_at(host).files.remove(directory): host for host, directory in away.items()}):
            pass
        return free

    def fetch_abandoned(self, agent_at: AgentAt, gather: Gather) -> None:
        """Copy the logs of attempts that a driver or a role actor did not end, and remove what is left of them."""
        for host, site in self.sites.items():
            for remains in site.abandoned:
                # Another thread, of the next attempt at that trial, may be moving it to attempts/ just now.
                with tempfile.TemporaryDirectory(prefix=layout.ARRIVALS, dir=self._directory.path.parent) as temporary:
                    arrivals = _Arrivals(TrialDirectory(Path(temporary)))
                    _fetch(arrivals, {host: remains.directory}, [RECORDED, "*.pbtxt"], agent_at, gather)
                    self._directory.add_to_attempt(remains.owner.trial, remains.owner.began, Path(temporary))
                for _ in gather({agent_at(host).files.remove(remains.directory): host}):
                    pass


@dataclass
class _Arrivals:
    """Writes files of other machines into a directory of the suite; `senders`: file -> the machine that sent it."""

    into: TrialDirectory
    senders: dict[str, str] = field(default_factory=dict)

    def unpack(self, chunk: Chunk, host: str) -> None:
        for name, offset, content, ends in chunk.pieces:
            if name == layout.PIDS:  # each machine has one of its own
                add_pids(str(self.into.path), read_pids(content))
            elif self.senders.setdefault(name, host) == host:
                self.into.write_piece(name, offset, content, last=ends)
            else:
                path = Path(name)
                self.into.write_piece(str(path.with_name(f"{host}_{path.name}")), offset, content, last=ends)


def _fetch(
    arrivals: _Arrivals, away: Mapping[str, str], leave_out: Sequence[str], agent_at: AgentAt, gather: Gather
) -> Mapping[str, int]:
    """Copy files chunk by chunk, from all machines in parallel; host -> bytes that are free there."""
    begins: dict[str, tuple[str, int] | None] = dict.fromkeys(away)
    free: dict[str, int] = {}
    while begins:
        calls = {agent_at(host).files.read_chunk(away[host], leave_out, begin): host for host, begin in begins.items()}
        begins = {}
        for call, chunk in gather(calls):
            host = calls[call]
            arrivals.unpack(chunk, host)
            free[host] = chunk.free
            if chunk.following is not None:
                begins[host] = chunk.following
    return free
