"""A chain of kills: one in each run of the same command, until its suite is done; then another suite."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.kills.case import Case
from bench.kills.judge import ENDING, JVMS, Violation, end_of_suite, tracebacks_of, trials_of, violations_of
from bench.kills.kill import GONE_S, LIMIT_S, Struck, look_beside, strike, watch
from bench.kills.run import Run
from bench.kills.suite import Suite

_TRIES = 3  # at a kill that came after the end of its victim
_TAIL = 12  # lines of the messages, in the line of a kill
_DETAILS = ("command", "victim_command", "messages", "trials")  # in the line of a kill with which something was wrong


class Chain:
    """Kills one after the other, in a directory of its own. A suite with a violation stays on disk."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._suite: Suite | None = None
        self._count = 0

    def kill(self, case: Case) -> dict[str, Any]:
        """Do a kill: its line, with what is needed to judge it and to do it again."""
        began, load = time.time(), os.getloadavg()[0]
        suite = self._suite_for(case)
        for attempt in range(_TRIES):
            line = self._try(case, suite, f"{case.number}-{attempt}")
            if line["victim_pid"]:
                break
            suite = self._suite_for(case, new=suite.is_done())
        done = suite.is_done()
        if done and suite.says_running():  # the driver was killed behind its last trial
            line["violations"] += _run_to_the_end(suite, f"{os.getpid()}-{case.number}-again")
        if done:
            line["violations"] += list(end_of_suite(suite))
        if line["violations"]:
            line["suite"] = str(suite.directory)
        else:  # its number and the seed say what it was
            line = {name: value for name, value in line.items() if name not in _DETAILS}
        if done or line["violations"]:
            self._leave()
        return {
            **case.to_json(),
            **line,
            "began": began,
            "load": round(load, 2),
            "took_s": round(time.time() - began, 2),
        }

    def close(self) -> list[Violation]:
        """Run the command until the suite that is under way is done, and look at it."""
        suite = self._suite
        wrong: list[Violation] = []
        for number in range(3):
            if suite is not None and not wrong and not suite.is_done():
                wrong += _run_to_the_end(suite, f"{os.getpid()}-last-{number}")
        if suite is not None:
            wrong += list(end_of_suite(suite))
        if not wrong:
            self._leave()
        return wrong

    def _suite_for(self, case: Case, *, new: bool = False) -> Suite:
        if self._suite is None or new:
            self._leave()
            self._count += 1
            protocol = "multipaxos" if case.multipaxos else "unreplicated"
            self._suite = Suite.new(self._directory / f"suite-{case.number:04}-{self._count}", protocol)
        return self._suite

    def _leave(self) -> None:
        """Begin another suite next; remove this one, unless something was wrong with it."""
        if self._suite is not None and self._suite.is_done():
            shutil.rmtree(self._suite.directory, ignore_errors=True)
        self._suite = None

    def _try(self, case: Case, suite: Suite, name: str) -> dict[str, Any]:
        with Run(suite, f"{os.getpid()}-{name}") as run:
            hit = strike(run, case)
            if hit is None:
                run.wait(LIMIT_S)
                return {"victim_pid": 0, "violations": [], "exit_code": run.driver.returncode}
            watch(run, case, hit)
            wrong = list(violations_of(run, case, hit))
            if case.leaves_a_stopped_supervisor:
                wrong += _next_command(suite, hit, name)
            return {"violations": wrong, **_facts(run, hit)}


def _run_to_the_end(suite: Suite, name: str) -> list[Violation]:
    """Run the same command without a kill."""
    before = suite.snapshot()
    with Run(suite, name) as run:
        if not run.wait(LIMIT_S):
            return [(ENDING, "the same command, without a kill, did not end")]
        wrong = [*trials_of(suite, before), *tracebacks_of(run)]
        if run.driver.returncode:
            wrong += [(ENDING, f"the same command, without a kill, ended with {run.driver.returncode}")]
        return wrong


def _next_command(suite: Suite, hit: Struck, name: str) -> Iterator[Violation]:
    """A supervisor is stopped, and its driver is gone: the next command ends it and its JVMs before anything starts."""
    if suite.is_done():  # the kill came behind its last trial: the same command begins another suite
        yield from ((JVMS, f"when the suite was done: {jvm.in_words()}") for jvm in hit.still_live())
        return
    before = suite.snapshot()
    with Run(suite, f"{os.getpid()}-{name}-next") as run:
        processes = [*hit.still_live(), *([hit.victim] if hit.victim.lives() else [])]
        while any(process.lives() for process in processes) and time.monotonic() - run.began < GONE_S:
            look_beside(run, hit)
            run.wait(0.1)
        for process in processes:
            if process.lives():
                yield JVMS, f"10 s after the next command began: {process.in_words()}"
        for text in hit.beside:
            yield JVMS, f"an attempt began while one before it lived: {text}"
        run.wait(LIMIT_S)
        yield from trials_of(suite, before)
        yield from tracebacks_of(run)


def _facts(run: Run, hit: Struck) -> dict[str, Any]:
    attempt = hit.attempt
    return {
        "command": " ".join(["fpray", *run.words]),
        "victim_pid": hit.victim.entry.pid,
        "victim_command": hit.victim.command,
        "hit_phase": hit.phase,
        "hit_trial": attempt.trial.name if attempt is not None else "",
        "hit_jvms": len(hit.jvms),
        "finished_before": len(hit.finished),
        "exit_code": run.driver.returncode,
        "ended_after_s": round(hit.seconds, 2),
        "messages": run.messages().splitlines()[-_TAIL:],
        "trials": {trial.name: outcome["status"] for trial, outcome in run.suite.outcomes().items()},
    }
