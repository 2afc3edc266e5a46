"""The time that the driver itself takes: thousands of trials in parallel on hundreds of simulated allocations.

`python -m bench.scale --trials N --allocations N --parts` runs one by hand and shows the parts of its time.

The machines and everything on them are simulated: a trial writes its part of the suite, sleeps for its second, and
ends. The source of trials, allocations, threads, plans, all files of the store, tables and progress are real.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import io
import os
import pstats
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.common import BenchError, Row, Settings, say
from fpray.driver.experiment import Experiment
from fpray.driver.means import check_sweep
from fpray.driver.session import Backend
from fpray.driver.sweep import run_sweep
from fpray.files import layout
from fpray.plan.command_line import Paths
from fpray.plan.plan import Trial, plan_placed
from fpray.store.columns import measured_columns, output_columns
from fpray.store.outcome import Outcome, ProcessEnd, Reason, Status
from fpray.store.trial_directory import TrialDirectory
from fpray.testing.fake_machines import FakeMachines
from fpray.trial.context import TrialContext

TRIALS, ALLOCATIONS, SECONDS, ROUNDS = 10_000, 200, 1.0, 2
BOUND, RESUME_S = 1.1, 5.0  # of the ideal time; Ray Tune's own figure is 1.14
_PHASES = ("preparing", "starting", "starting clients", "measuring", "collecting", "stopping", "summarizing")
_RECORDER = bytes(16_384)  # about what an hour's idle client leaves; it is not read again


def _hosts(count: int) -> list[str]:
    return [f"10.0.{i // 250}.{i % 250 + 1}" for i in range(count)]


def simulated_trial(trial: Trial[Any], directory: TrialDirectory, setting: TrialContext) -> Outcome:
    """The driver's part of `run_trial`, without rows, which are a cost of the clients and not of the driver."""
    began = time.monotonic()
    directory.begin(trial, {"jar": str(setting.jar), "jar_sha256": setting.jar.sha256, "java": setting.java})
    first, placement = next(setting.next_port), setting.allocation.placement
    ports = {host: range(first, first + count) for host, count in placement.port_counts().items()}
    paths = Paths(str(directory.path.absolute()), str(setting.jar.path), setting.java)
    plan = plan_placed(trial, placement.with_ports(ports), paths)
    directory.write_plan(plan)
    events = []
    for phase in _PHASES:
        directory.log(phase)
        setting.report(phase, SECONDS if phase == "measuring" else None)
        events.append({"t": time.time_ns(), "kind": "phase", "role": "", "label": "", "detail": phase})
        if phase == "measuring":
            setting.cancellation.sleep(SECONDS)
    directory.file(layout.RECORDER).write_bytes(_RECORDER)
    names = [*output_columns(trial.protocol), *measured_columns(trial.protocol)]
    return Outcome(
        Status.FINISHED,
        reason=Reason.NONE,
        results={name: i + 0.25 for i, name in enumerate(names)},
        events=events,
        processes=[ProcessEnd(p.label, 143, 1.5, 200_000, 0) for p in plan.processes],
        hosts=plan.hosts(),
        wall_s=round(time.monotonic() - began, 3),
        phases=dict.fromkeys(_PHASES, 0.1),
    )


def measure(settings: Settings) -> list[Row]:
    """A sweep of many short trials, and then the same command again with all but one of them done."""
    trials, allocations = settings.pick(TRIALS, 2000), settings.pick(ALLOCATIONS, ALLOCATIONS)
    with _scratch() as scratch:
        ideal = trials * SECONDS / allocations
        took = sweep(scratch, trials, allocations)
        say(f"scale: {trials} trials in {took:.1f} s")
        resume_s = resume(scratch, trials, allocations)
    return [
        Row(
            f"{trials} trials of {SECONDS:g} s on {allocations} allocations",
            f"{took:.1f} s, {took / ideal:.3f} of ideal; {1e3 * (took - ideal) / trials:.2f} ms a trial",
            f"<= {BOUND * ideal:.1f} s",
            took <= BOUND * ideal,
            {"s": took, "ideal_s": ideal},
        ),
        Row(
            f"continuing with {trials} finished trials", f"{resume_s:.1f} s", f"<= {RESUME_S:g} s", resume_s <= RESUME_S
        ),
    ]


def sweep(scratch: Path, trials: int, allocations: int) -> float:
    """The seconds of a sweep, from the request to the last table."""
    began = time.monotonic()
    with contextlib.redirect_stderr(io.StringIO()) as output:
        result = run_sweep(_experiment(scratch, trials // ROUNDS), backend=_backend(allocations))
    took = time.monotonic() - began
    if result.exit_code or len(result.outcomes) != trials:
        raise BenchError(f"{len(result.outcomes)} of {trials} trials ended: {output.getvalue()[-500:]}")
    return took


def resume(scratch: Path, trials: int, allocations: int) -> float:
    """The seconds of the same command when one trial has not ended, without the second of that trial."""
    (suite,) = (scratch / "suites").iterdir()
    (suite / layout.trial_number(trials // 2) / layout.OUTCOME).unlink()
    return sweep(scratch, trials, allocations) - SECONDS


def _experiment(scratch: Path, points: int) -> Experiment:
    vary = {"num_clients_per_proc": list(range(points))}
    options = {"vary": vary, "set": {"duration": "1s"}, "repeat": ROUNDS, "jar": "reference"}
    return check_sweep("unreplicated", {**options, "suite_directory": scratch / "suites"})


def _backend(allocations: int) -> Backend:
    return Backend(lambda _address, _local: FakeMachines(_hosts(allocations)), simulated_trial)


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="fpray-scale-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def main() -> int:
    """Run one sweep, and print what the driver's threads did."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--allocations", type=int, default=ALLOCATIONS)
    parser.add_argument("--parts", action="store_true", help="profile the committing thread")
    args = parser.parse_args()
    with _scratch() as scratch:
        for run in (sweep, resume):
            profile = cProfile.Profile()
            before = resource.getrusage(resource.RUSAGE_SELF)
            if args.parts:
                took = profile.runcall(run, scratch, args.trials, args.allocations)
            else:
                took = run(scratch, args.trials, args.allocations)
            after = resource.getrusage(resource.RUSAGE_SELF)
            cpu = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
            print(
                f"{run.__name__}: {took:.2f} s (ideal {args.trials * SECONDS / args.allocations:g}),"
                f" CPU {cpu[0]:.2f} + {cpu[1]:.2f} s, peak {after.ru_maxrss >> 10} MiB, load {os.getloadavg()[0]:.1f}"
            )
            if args.parts:
                pstats.Stats(profile, stream=sys.stdout).sort_stats("cumulative").print_stats(45)
    return 0


if __name__ == "__main__":
    sys.exit(main())
