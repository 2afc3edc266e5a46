"""What is wrong after a kill: JVMs that live, finished trials that are not as they were, unexplained endings."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator

from bench.kills.case import Case
from bench.kills.kill import Struck
from bench.kills.run import FPRAY, Run
from bench.kills.suite import Snapshot, Suite, rows_of
from fpray.files import layout

JVMS, TRIALS, ENDING, RAY = "JVMs alive", "trials", "endings", "Ray left"
KINDS = (JVMS, TRIALS, ENDING, RAY)
Violation = tuple[str, str]  # of a kind; in words
_AGAIN = "to continue, run fpray "
# Exit code -> what the last line, or for 130 any line, must have.
_SENTENCES = {
    0: re.compile(r"^\d+ finished · results: fpray show "),
    1: re.compile(r"^\d+ \w.* · results(, and why trials failed)?: fpray show |^fpray: "),
    2: re.compile(r"(?m)^fpray: nothing was started"),
    130: re.compile(r"(?m)^(interrupted · |stopping \(Ctrl-C again stops at once\)$)"),
}
_OF_JVMS = (layout.stdout_file(""), layout.stderr_file(""))
INTERRUPTS = ("INT", "TERM", "HUP")


def violations_of(run: Run, case: Case, hit: Struck) -> Iterator[Violation]:
    """Everything that is wrong after a kill, when the run has ended."""
    for text in hit.overdue:
        yield JVMS, f"10 s after the kill: {text}"
    for text in hit.beside:
        yield JVMS, f"an attempt began while one before it lived: {text}"
    for text in hit.ray_left:
        yield RAY, f"10 s after the end: {text}"
    yield from trials_of(run.suite, hit.finished)
    if hit.hangs:
        yield ENDING, "the command did not end"
    else:
        yield from ending_of(run, case, hit)
    yield from tracebacks_of(run)


def trials_of(suite: Suite, before: Snapshot) -> Iterator[Violation]:
    """Trials that had finished, and are lost, changed or run again."""
    now = suite.snapshot()
    for trial, (digest, rows) in now.items():
        if len(rows) > 1:
            yield TRIALS, f"{trial.name} is {len(rows)} times in {layout.RESULTS_CSV}"
        if trial in before:
            old_digest, old_rows = before[trial]
            if digest != old_digest:
                yield TRIALS, f"{trial.name} had finished, and has changed"
            if old_rows and rows != old_rows:
                yield TRIALS, f"{trial.name} had finished, and its row in {layout.RESULTS_CSV} has changed"
    for trial in before:
        if trial not in now:
            yield TRIALS, f"{trial.name} had finished, and is lost"
    for attempt in suite.directory.glob(f"suites/*/[0-9][0-9][0-9]/{layout.ATTEMPTS}/*/{layout.OUTCOME}"):
        if json.loads(attempt.read_text())["status"] == "finished":
            yield TRIALS, f"{attempt.parents[2].name} had finished, and was run again"
    if len(suite.paths()) > 1:
        yield TRIALS, f"the same command made {len(suite.paths())} suites"


def ending_of(run: Run, case: Case, hit: Struck) -> Iterator[Violation]:
    """An exit code that is not documented or cannot be the kill's, or an ending without a sentence."""
    code, text = run.driver.returncode, run.errors.read_text()
    is_dead = case.meanwhile == "driver" or (case.victim == "driver" and case.signal == "KILL")
    if is_dead and code == -signal.SIGKILL:
        yield from _status_of(run.suite)
        return
    if code not in _allowed(case, is_dead):
        yield ENDING, f"exit code {code}"
    last = ([line for line in text.splitlines() if line.strip()] or [""])[-1]
    pattern = _SENTENCES.get(code)
    if pattern is not None and not pattern.search(text if code in (2, 130) else last):
        yield ENDING, f"exit code {code}, and the last line is {last!r}"

    if code == 130 and "nothing was started" in text and hit.attempt is not None:
        yield ENDING, "it says that nothing was started, and a trial was"


def _allowed(case: Case, is_dead: bool) -> tuple[int, ...]:
    """The exit codes that a kill can have. Where Ray, an actor or a supervisor is hit, the trial runs again."""
    if is_dead or (case.victim == "driver" and case.signal in INTERRUPTS):
        return (0, 1, 130)  # it may have been over when the signal came
    return (0, 1) if case.victim in ("server", "client") else (0,)


def _status_of(suite: Suite) -> Iterator[Violation]:
    """What is wrong with what `fpray status` prints after the kill of a driver."""
    if not suite.paths():
        return  # it had not come so far
    done = subprocess.run([FPRAY, "status"], cwd=suite.directory, capture_output=True, text=True, check=False)
    died = "was killed" in done.stdout and _AGAIN in done.stdout
    is_unfinished = "unfinished" in done.stdout and _AGAIN in done.stdout
    if done.returncode or not (died or is_unfinished or suite.left() <= 0):
        yield ENDING, f"fpray status after the kill: {(done.stdout + done.stderr).strip()!r}"


def tracebacks_of(run: Run) -> Iterator[Violation]:
    """Tracebacks in what it wrote, on its outputs and in its suite."""
    files = [run.output, run.errors]
    files += [path for path in run.suite.directory.glob("suites/**/*") if path.suffix in (".txt", ".log", ".json")]
    for path in files:
        if not path.name.endswith(_OF_JVMS) and path.is_file() and "Traceback" in path.read_text(errors="replace"):
            yield ENDING, f"a traceback in {path.relative_to(run.suite.directory)}"


def end_of_suite(suite: Suite) -> Iterator[Violation]:
    """What is wrong with a suite that is done: each trial has finished exactly once, and is in results.csv once."""
    outcomes = suite.outcomes()
    if len(outcomes) != suite.planned or not suite.is_done():
        states = {trial.name: outcome["status"] for trial, outcome in outcomes.items()}
        yield TRIALS, f"at the end of the suite of {suite.planned}: {states}"
    for trial, outcome in outcomes.items():
        count = len(list(rows_of(trial, outcome)))
        if count != 1:
            yield TRIALS, f"at the end of the suite, {trial.name} is {count} times in {layout.RESULTS_CSV}"
    for path in suite.paths():
        rows = (path / layout.RESULTS_CSV).read_text().splitlines()[1:] if (path / layout.RESULTS_CSV).exists() else []
        if len(rows) != suite.planned:
            yield TRIALS, f"at the end of the suite, {layout.RESULTS_CSV} has {len(rows)} rows"
