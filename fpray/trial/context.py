"""What all trials of a sweep share, and the machines that are one trial's own."""

from __future__ import annotations

import itertools
import os
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fpray.cluster.allocator import Allocation, Allocator
from fpray.cluster.cancellation import Cancellation
from fpray.cluster.machines import Machines
from fpray.jar.find import Jar
from fpray.plan.cluster import Cluster
from fpray.plan.role_texts import flag_texts, jvm_arg_texts
from fpray.store.suite_record import TrialProvenance
from fpray.trial.instruments import Instrument

# Below the ephemeral range, and above Ray's own worker ports (10002 to 19999).
_PORTS = range(20_000, 32_000, 500)


def _rotating_ports() -> Iterator[int]:
    """The port at which each trial begins to look for free ones.

    The ports change with each trial, so that a process left over from one trial cannot serve the next. They begin
    elsewhere in each sweep.
    """
    start = os.getpid() % len(_PORTS)
    return itertools.cycle([*_PORTS[start:], *_PORTS[:start]])


@dataclass(frozen=True)
class TrialContext:
    """What all trials of a sweep share, and the machines that are one trial's own.

    Attributes:
        allocator: where the trial can get other machines.
        machines: the Ray cluster.
        java: the program that runs the jar.
        jvm_args: role -> further arguments of its JVMs.
        flags: role -> flag -> value, further flags of its processes.
        keep_raw: whether `recorder.parquet` stays.
        scratch: the directory in which trials work on every machine, where the user names one.
        max_output: bytes of each output of a process that stay.
        report: is called with what is happening now, and with the seconds that it is planned to take, where known.
        wait: is called with the reason of a long wait.
        instruments: join every trial.
        next_port: where each trial begins to look for ports.
        cancellation: ends all trials of the sweep.
        allocation: the machines of this trial.
    """

    allocator: Allocator
    machines: Machines
    jar: Jar
    java: str
    jvm_args: Mapping[str, Sequence[str]] = field(default_factory=dict)
    flags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    keep_raw: bool = True
    scratch: str | None = None
    max_output: int | None = None
    report: Callable[[str, float | None], None] = lambda _what, _seconds: None
    wait: Callable[[str], None] = lambda _what: None
    instruments: Sequence[Instrument] = ()
    next_port: Iterator[int] = field(default_factory=_rotating_ports)
    cancellation: Cancellation = field(default_factory=Cancellation)
    allocation: Allocation = field(default_factory=lambda: Allocation(Cluster(), ()))

    @property
    def cluster(self) -> Cluster:
        """The machines, as the trial is placed on them."""
        return self.allocation.cluster

    def provenance(self) -> TrialProvenance:
        """What `trial.json` says about how the trial was run."""
        return {
            "jar": str(self.jar),
            "jar_sha256": self.jar.sha256,
            "java": self.java,
            "jvm_args": " ".join(jvm_arg_texts(self.jvm_args)),
            "flags": shlex.join(flag_texts(self.flags)),
        }
