"""The values of the process layer: what to start, what was started, how it ended, and why it failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

HostPort = tuple[str, int]  # host and port
FailureKind = Literal["spawn-failed", "exited", "taken", "not-ready", "apart", "deadline", "stopped", "lost"]
_INHERITED = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR",
    "JAVA_HOME", "LD_LIBRARY_PATH",
)  # fmt: skip


@dataclass(frozen=True)
class ProcessSpec:
    """What to start.

    Attributes:
        env: on top of `clean_environment`.
        directory: the trial's, for the process's files; the process runs in `cwd`, by default in this.
        listens: the (host, port)s that it must listen on before it is ready.
        expected_exits: return codes, as in subprocess, that are no failure: (0,) for a client, () for a server.
        brief: it may end before a busy machine has looked at it, so one that has ended as expected counts as ready.
        host: the address of this machine, for pids.json.
        given: names of files in directory that a command line to paste must make, because the directory is removed
            with the end of the trial; None if it stays.
        max_output: bytes of each of its two outputs that stay; None: all.
    """

    label: str
    argv: tuple[str, ...]
    directory: str
    env: Mapping[str, str] = field(default_factory=dict)
    listens: tuple[HostPort, ...] = ()
    expected_exits: tuple[int, ...] = ()
    brief: bool = False
    cwd: str | None = None
    host: str = "127.0.0.1"
    given: tuple[str, ...] | None = None
    max_output: int | None = None


@dataclass(frozen=True)
class Started:
    """A process that runs, or ran. niceness: what it really has; None if it died at once."""

    label: str
    pid: int
    niceness: int | None


@dataclass(frozen=True)
class Exit:
    """How a process ended, and what it used.

    Attributes:
        returncode: as in subprocess, -15 for a SIGTERM (`_returncode.txt` has a shell's 143); but a JVM handles that
            signal and exits with 143 by itself.
        utime_s, stime_s: CPU seconds of it and of the children that it waited for.
        maxrss_kb: peak resident KiB, at least the 11 MB of the supervisor that forked it.
        stopped: whether it was being stopped.
        left_out: bytes of its output that are beyond `max_output`.
        expected: whether the driver said before that it would come, whatever its code is.
    """

    label: str
    returncode: int
    utime_s: float
    stime_s: float
    maxrss_kb: int
    wall_s: float
    ended_ns: int
    niceness: int | None
    stopped: bool
    left_out: int = 0
    expected: bool = False


@dataclass(frozen=True)
class Failure:
    """Why processes cannot go on.

    Attributes:
        kind: spawn-failed (never became its program), exited (unexpectedly), taken (another process has its port),
            not-ready (deadline for listening), apart (listened too long after its siblings), deadline (for exiting),
            stopped (by another thread), lost (the supervisor is gone, and with it all of its processes).
        detail: a sentence.
        returncode: as in subprocess.
        lines: the end of `log`, which is its standard error, or its standard output if standard error is empty.
    """

    kind: FailureKind
    label: str
    detail: str
    returncode: int | None = None
    lines: tuple[str, ...] = ()
    log: str = ""


def clean_environment(source: Mapping[str, str]) -> dict[str, str]:
    """What a process may inherit: nothing of Ray's, Python's or OpenMP's, and no JVM options that are not recorded."""
    return {name: value for name, value in source.items() if name in _INHERITED or name.startswith("LC_")}
