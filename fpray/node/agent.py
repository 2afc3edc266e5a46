"""What the driver may ask of a machine: the calls that a role actor answers there, in three parts, with their types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from fpray.node.cpu_use import CpuUse
from fpray.node.fact_types import MachineFacts
from fpray.node.file_transfer import Chunk
from fpray.node.inspection import InspectionRequest, Survey, WorkSite
from fpray.node.messages import Exit, Failure, HostPort, ProcessSpec
from fpray.node.sampling.rows import Samples

if TYPE_CHECKING:
    from fpray.recorder.csv_reader import Reading

T = TypeVar("T")


class Call(Protocol[T]):
    """A call that is under way on a machine, such as a `ray.ObjectRef`. It can be a key of a dict."""

    def future(self) -> Future[T]:
        """Its result, or what it raised."""


class MachineCalls(Protocol):
    """What is asked of the machine as a whole; any role actor there can answer."""

    def wake(self) -> Call[None]:
        """Answer as soon as the actor runs."""

    def facts(self, java: str) -> Call[MachineFacts]:
        """End what a former driver left running here, and describe the machine (see `fpray.node.facts`)."""

    def lock(self, holder: str, shared: bool) -> Call[str | None]:
        """Lock the machine for a trial, alone or with others that share it; or say why it cannot be had now."""

    def unlock(self) -> Call[None]:
        """The trial is over: let other trials have the machine, and the directories that it left."""

    def survey(self, jar: str, sha256: str, scratch: str | None) -> Call[Survey]:
        """Say whether the jar is here, and whether trials can work below `scratch`."""

    def keep_jar(self, sha256: str, pieces: Sequence[Any]) -> Call[tuple[str, bool]]:
        """Keep a jar, from its pieces in the object store: its path here, and whether it had to be written."""

    def inspect(self, request: InspectionRequest) -> Call[WorkSite]:
        """Before a trial: end what is left of earlier ones, choose ports and a directory to work in."""

    def listens(self, addresses: Sequence[HostPort]) -> Call[bool]:
        """Whether any process of this machine listens on every one of these addresses."""

    def wall_clock(self) -> Call[float]:
        """The machine's wall clock, in seconds since the epoch."""


class FileCalls(Protocol):
    """What is asked about files on the machine."""

    def write(self, directory: str, files: Mapping[str, str]) -> Call[None]:
        """Write files (name -> content) into a directory. Raises `Lost` if that fails."""

    def read_chunk(self, directory: str, leave_out: Sequence[str], begin: tuple[str, int] | None) -> Call[Chunk]:
        """The next pieces of a directory's files (see `fpray.node.file_transfer.read_chunk`)."""

    def read_piece(self, path: str, offset: int) -> Call[bytes]:
        """At most 64 KiB of a file from an offset on; b"" where there is no such file."""

    def read_client(self, path: str, client: str) -> Call[Reading]:
        """A client's recorder file: an Arrow table and notes."""

    def sample_rows(self, paths: Sequence[str], after_s: float) -> Call[Sequence[bytes]]:
        """After some seconds, pieces of growing files; none if the trial is stopped before."""

    def remove(self, directory: str) -> Call[None]:
        """Remove a directory of which everything is in the suite."""


class ProcessCalls(Protocol):
    """What is asked about the processes of one role on the machine."""

    def start(self, specs: Sequence[ProcessSpec], ready_s: float) -> Call[Failure | None]:
        """Start processes and wait until they listen on everything that they must; None if they do."""

    def ready_after(self, labels: Sequence[str]) -> Call[Mapping[str, float]]:
        """Seconds from each process's order until it listened on everything."""

    def wait_exit(self, labels: Sequence[str], deadline_s: float | None) -> Call[Failure | None]:
        """Wait until the processes have exited as expected: None; a failure as soon as one of the role has not."""

    def cpu_use(self, labels: Sequence[str], after_s: float, for_s: float) -> Call[CpuUse | None]:
        """After some seconds, the CPU time that processes and the machine use for a time, or half of it; else None."""

    def sample(self, labels: Sequence[str], machine: bool) -> Call[None]:
        """From now on until they are stopped: once a second, keep what these processes do, and what the machine does.

        The call does not wait for that. machine: whether the machine is sampled as well.
        """

    def samples(self) -> Call[Samples | None]:
        """End the sampling; what was read, once; None if nothing was sampled."""

    def expect_exit(self, labels: Sequence[str]) -> Call[None]:
        """From now on the exit of these processes is as expected, whatever its code is and whatever stops them."""

    def signal(self, labels: Sequence[str], number: int) -> Call[Sequence[str]]:
        """Send a signal to processes and to what descends from them; the labels of those that ran then."""

    def stop(self, labels: Sequence[str], grace_s: float) -> Call[Mapping[str, Exit]]:
        """Stop those of the processes that were started: TERM, grace, KILL. All exits of the role so far."""


class NodeAgent(Protocol):
    """A role's agent on one machine, as the driver sees it. Each call returns at once with a `Call`."""

    @property
    def machine(self) -> MachineCalls:
        """Calls about the machine as a whole."""

    @property
    def files(self) -> FileCalls:
        """Calls about files on the machine."""

    @property
    def processes(self) -> ProcessCalls:
        """Calls about the role's processes on the machine."""
