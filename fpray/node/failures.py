"""Says as values why processes failed: what happened, after how long, and the end of the log."""

from __future__ import annotations

import time
from collections.abc import Callable

from fpray.files import layout
from fpray.files.reading import tail
from fpray.files.weighty_lines import telling
from fpray.node.messages import Failure, FailureKind
from fpray.node.process_table import TrackedProcess
from fpray.node.readiness import Probe, View

_KILL = " (a user did it, or memory ran out: sudo dmesg on its machine shows which)"
_NO_WORD = "the supervisor was killed, or Ray ended there. Run dmesg on that machine to see whether memory ran out"
_READ, _SHOWN = 400, 20  # lines of a log


def how_it_ended(code: int) -> str:
    """What the return code of a process says: `was killed by signal 15`, `exited with 1`."""
    return f"was killed by signal {-code}{_KILL if code == -9 else ''}" if code < 0 else f"exited with {code}"


def of_exit(process: TrackedProcess) -> Failure | None:
    """The failure of a process that is over; None if it is not over."""
    label = process.label
    if process.exit is not None:
        code, after = process.exit.returncode, process.exit.wall_s
        when = ", while fpray was stopping it" if process.stopping else ""
        detail = f"{label} {how_it_ended(code)} after {after:.1f} s{when}"
        return _failure("stopped" if process.stopping else "exited", process, detail, code)
    if process.error:
        return _failure("spawn-failed", process, f"{label} could not be started: {process.error}")
    return None


def of_closing(process: TrackedProcess) -> Failure:
    """The failure of a process that was waited for when its supervisor was closed."""
    label = process.label
    detail = (
        f"{label} did not fail by itself: fpray ended its helper process (a Ray actor) on the same machine, and with it"
        " all processes of trials that the helper ran there. For the cause, see what fpray printed just before that"
    )
    return _failure("stopped", process, detail)


def of_loss(process: TrackedProcess, error: str) -> Failure:
    """The failure of a process that has lost its supervisor; error: what the supervisor reported before."""
    label, why = process.label, error.splitlines()[-1] if error else _NO_WORD
    detail = f"{label} ended because fpray's supervisor, which starts and stops processes, died on its machine: {why}"
    return _failure("lost", process, detail)


def of_hang(process: TrackedProcess, deadline_s: float) -> Failure:
    """The failure of a process that was forked, and has not started its program by the deadline."""
    detail = (
        f"the program of {process.label} did not begin to run within {deadline_s:g} s. Run df on the machine of"
        f" {process.label}: if df hangs too, repair or unmount the file system that hangs there; if it does not hang,"
        " see with top whether the machine is too busy, and use another one if so"
    )
    return _failure("spawn-failed", process, detail)


def of_taken_port(process: TrackedProcess, view: View) -> Failure:
    """The failure of a process that finds another process on its address."""
    assert view.taken is not None
    endpoint, owner = view.taken
    detail = (
        f"port {endpoint.text} is taken by {owner}, so {endpoint.label} cannot listen on it. fpray's next attempt uses"
        " other ports. If this happens again, stop the process that took the port, or let that process use another one"
    )
    return _failure("taken", process, detail)


def of_unready(process: TrackedProcess, view: View, probe: Probe) -> Failure:
    """The failure of the first process that does not listen on all its addresses by the deadline."""
    label = process.label
    labels = list(dict.fromkeys(endpoint.label for endpoint in view.missing))
    addresses = ", ".join(endpoint.text for endpoint in view.missing if endpoint.label == label)
    addresses_now = ", ".join(probe.listening(label)) or "nothing"
    others = f"; also not ready: {', '.join(labels[1:])}" if len(labels) > 1 else ""
    after = time.monotonic() - process.ordered
    detail = (
        f"{label} does not listen on {addresses} after {after:.1f} s (it listens on {addresses_now}){others}. See the"
        f" log of {label}; if it listens on a wrong address, correct its program or the protocol's Python file"
    )
    return _failure("not-ready", process, detail)


def of_overrun(running: list[TrackedProcess]) -> Failure:
    """The failure of processes that still run after their deadline."""
    names = ", ".join(process.label for process in running)
    after = time.monotonic() - running[0].ordered
    detail = (
        f"{names} did not end within the time limit of the trial, so fpray stopped the trial {after:.1f} s after it had"
        f" started {running[0].label}. See the logs of the servers; if the trial only needs more time, raise the"
        " parameter timeout, such as --set timeout=120s"
    )
    return _failure("deadline", running[0], detail)


def _failure(kind: FailureKind, process: TrackedProcess, detail: str, code: int | None = None) -> Failure:
    log, lines = _log(process, layout.stderr_file)
    if not lines:
        other, lines = _log(process, layout.stdout_file)
        log = other if lines else log
    return Failure(kind, process.label, detail, code, lines, log)


def _log(process: TrackedProcess, name: Callable[[str], str]) -> tuple[str, tuple[str, ...]]:
    return process.path(name), telling(tail(process.path(name), _READ), _SHOWN)
