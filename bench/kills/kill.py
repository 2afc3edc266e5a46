"""One kill: sends its signals at its moment, and watches what becomes of the run and of the JVMs that it hit."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field

from bench.kills.case import Case
from bench.kills.processes import Living
from bench.kills.run import Run
from bench.kills.suite import Attempt, Snapshot

GONE_S = 10.0  # after a kill: what it has ended must be gone
LIMIT_S = 150.0  # after a kill: a command that runs on hangs
_LOOK_S = 0.1


@dataclass
class Struck:
    """What was hit, and what was seen of it afterwards.

    Attributes:
        phase: in which the run really was.
        attempt: the one that was under way.
        jvms: that lived.
        finished: the trials that had finished, as they were on disk.
        at: when the last signal was sent, by the monotonic clock.
        overdue: JVMs that lived 10 s later, although they should not.
        beside: JVMs of the attempt that lived beside those of a later one.
        hangs: whether the command did not end.
        ray_left: what was left of Ray 10 s after the command's end.
        seconds: from the last signal to the command's end.
    """

    victim: Living
    phase: str
    attempt: Attempt | None
    jvms: list[Living]
    finished: Snapshot
    at: float = 0.0
    overdue: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    hangs: bool = False
    ray_left: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def still_live(self) -> list[Living]:
        """The JVMs that were hit and live."""
        return [jvm for jvm in self.jvms if jvm.lives()]


def strike(run: Run, case: Case) -> Struck | None:
    """Wait for the moment and send the signals; None if the run ended before there was such a process."""
    number = signal.Signals[f"SIG{case.signal}"]
    run.await_moment(case)
    while victims := run.await_victims(case):
        victim = victims[int(case.choice * len(victims))]
        phase, attempt = run.phase()
        if _send(victim, number):
            break
    else:
        return None
    # Only now, so that the moment is the one that was meant: a JVM that has ended meanwhile is none that stays.
    hit = Struck(victim, phase, attempt, run.processes.jvms(), run.suite.snapshot())
    if case.signal == "STOP":
        try:
            _while_stopped(run, case, victim)
        finally:
            if case.resumed:
                _send(victim, signal.SIGCONT)
    elif case.times == 2:
        run.wait(case.pause_s)
        _send(victim, number)
    hit.at = time.monotonic()
    return hit


def _send(victim: Living, number: int) -> bool:
    if not victim.lives():
        return False
    try:
        os.kill(victim.entry.pid, number)
    except ProcessLookupError:
        return False
    return True


def _while_stopped(run: Run, case: Case, victim: Living) -> None:
    """The time between STOP and CONT, in which the driver or the actor of a supervisor may be killed."""
    if not case.meanwhile:
        time.sleep(case.pause_s)
        return
    time.sleep(case.pause_s / 2)
    if case.meanwhile == "driver":
        run.driver.kill()
    else:
        owner = victim.command.split()[5]  # python -I -S DIRECTORY FD ACTOR: see fpray/node/supervisor_client.py
        for process in run.processes.look():
            if str(process.entry.pid) == owner:
                process.kill()
    if case.resumed:
        time.sleep(case.pause_s / 2)


def watch(run: Run, case: Case, hit: Struck) -> None:
    """Watch until the command has ended and nothing of it is left, or 10 s later."""
    looked = False
    while not run.wait(_LOOK_S):
        seconds = time.monotonic() - hit.at
        if seconds > LIMIT_S:
            hit.hangs = True
            run.stop()
            break
        look_beside(run, hit)
        if seconds > GONE_S and not looked:
            looked = True
            hit.overdue = [jvm.in_words() for jvm in _overdue(case, hit)]
    hit.seconds = time.monotonic() - hit.at
    if not case.leaves_a_stopped_supervisor:
        _see_the_end(run, hit)


def _overdue(case: Case, hit: Struck) -> list[Living]:
    """The JVMs of the attempt that was hit, where the driver goes on and that attempt does not."""
    goes_on = hit.attempt is not None and hit.attempt.is_under_way() and not case.ends_the_attempt
    return [] if goes_on or case.meanwhile else hit.still_live()


def look_beside(run: Run, hit: Struck) -> None:
    """See whether JVMs of the attempt live beside those of a later one."""
    if hit.attempt is None or hit.beside or not (orphans := hit.still_live()) or hit.attempt.is_under_way():
        return
    entries, over_at = {jvm.entry for jvm in hit.jvms}, hit.attempt.ended_at()
    # The attempt that was hit may have started one more after the kill.
    jvms = [jvm for jvm in run.processes.jvms() if jvm.entry not in entries]
    if new := [jvm for jvm in jvms if jvm.started_at() > over_at > 0]:
        hit.beside = [f"{jvm.in_words()} beside {new[0].in_words()}" for jvm in orphans]


def _see_the_end(run: Run, hit: Struck) -> None:
    """The command has ended: its JVMs end within 10 s of the kill (of its end, if that was later), and so does Ray."""
    end = time.monotonic()
    jvms, remains = run.processes.jvms(), run.processes.left()
    while (jvms or remains) and time.monotonic() - end < GONE_S:
        if jvms and time.monotonic() - hit.at > GONE_S and time.monotonic() - end > 1:
            hit.overdue += [jvm.in_words() for jvm in jvms]
            for jvm in jvms:
                jvm.kill()
        time.sleep(_LOOK_S)
        jvms, remains = run.processes.jvms(), run.processes.left()
    hit.overdue += [jvm.in_words() for jvm in jvms]
    hit.ray_left = [process.in_words() for process in remains]
