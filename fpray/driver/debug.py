"""`fpray debug`: runs all of a trial but one process, which its user runs by hand, under a debugger say."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fpray.cluster.allocator import Allocator
from fpray.cluster.machines import Machines
from fpray.cluster.ray_address import EnvironmentAddress, wanted_address
from fpray.driver.compared import recorded
from fpray.driver.experiment import Where
from fpray.driver.options import BaseOptions
from fpray.driver.recorded_jar import jar_of_trial
from fpray.driver.trial_problems import cluster_problems
from fpray.errors import Cause, refuse, refuse_if_any
from fpray.files.atomic import write_text
from fpray.files.disk import remedy, why_not_written
from fpray.files.layout import DEBUG, SUITE, TRIAL, command_file, next_number
from fpray.files.paths import short_path
from fpray.files.suite_file import Damaged
from fpray.node.process_files import shell_command
from fpray.plan.cluster import LOOPBACK
from fpray.plan.plan import Plan, Process, Trial
from fpray.report.logs import check_label
from fpray.report.text import say
from fpray.store.suite import Suite
from fpray.store.suite_record import TrialRecord
from fpray.store.trial_directory import TrialDirectory
from fpray.store.trial_params import read_trial
from fpray.study.registry import find_protocol
from fpray.trial.attempt import Attempt, ProcessFailed
from fpray.trial.collect import salvage_logs
from fpray.trial.context import TrialContext
from fpray.trial.prepare import prepare
from fpray.trial.start import start_clients, start_servers
from fpray.trial.watch import failures, listens

_LOOK_S = 0.5


def debug_trial(suite: Suite, earlier: TrialDirectory, label: str, where: Where) -> None:
    """Start everything of a trial but one process, say what to paste where, and hold it all until Ctrl-C.

    It runs as the trial did, with its jar, and is no result: its files are in `debug/` of the suite.

    Raises:
        Refused: there is no such process, no jar, or no machine for it.
    """
    check_label(earlier, label)
    trial, inventory, record = _trial_of(earlier), where.inventory.with_addresses(), suite.record
    where = replace(where, inventory=inventory, environment_address=EnvironmentAddress.read())
    settings = recorded(BaseOptions, record, suite.path / SUITE)
    java = settings["java"]
    jar = jar_of_trial(suite, _record_of(earlier), trial, java, say)
    with Machines(wanted_address(where.ray, where.local), local=where.local) as machines:
        inventory.wait_for_all(machines.refresh, say)
        nodes = machines.by_host().values()
        cluster = replace(inventory.cluster_of(nodes, machines.driver_host()), policy=settings["place"])
        refuse_if_any(cluster_problems(trial.protocol, [trial], cluster))
        cores = {node.host: node.cores for node in nodes}
        allocator = Allocator(cluster, cores, alive=machines.by_host)
        allocation = allocator.allocate(trial)
        if allocation is None:
            raise refuse(
                f"trial {earlier.number}",
                allocator.shortage(trial)
                or "cannot run, because the Ray cluster has too few machines for it now: ray status shows which it"
                " has. Start Ray on more machines, and run the same fpray debug command again",
                Cause.MACHINES,
            )
        context = TrialContext(
            allocator, machines, jar, java, settings["jvm_arg"], settings["flags"], wait=say, allocation=allocation
        )
        _hold(trial, _directory(suite, earlier), context, label)


def _trial_of(earlier: TrialDirectory) -> Trial[Any]:
    """The trial that a directory is of."""
    record = _record_of(earlier)
    return read_trial(find_protocol(record["protocol"]), record, earlier.number)


def _record_of(earlier: TrialDirectory) -> TrialRecord:
    if (record := earlier.trial()) is None:
        raise Damaged(earlier.file(TRIAL), "is missing")
    return record


def _directory(suite: Suite, earlier: TrialDirectory) -> TrialDirectory:
    """A new one, out of the way of results."""
    top = suite.path / DEBUG
    try:
        top.mkdir(exist_ok=True)
        number = next_number(path.name.removeprefix(f"{earlier.number}-") for path in top.glob(f"{earlier.number}-*"))
        path = top / f"{earlier.number}-{number}"
        path.mkdir()
    except OSError as error:
        why = f"cannot hold the files of this run: {why_not_written(error, suite.path)}. {remedy(error)}"
        if os.path.lexists(top):
            why += f", or delete {short_path(top)} (only fpray debug writes there, and never results)"
        raise refuse(short_path(top), why, Cause.NOT_WRITABLE) from None
    return TrialDirectory(path)


def _hold(trial: Trial[Any], directory: TrialDirectory, context: TrialContext, label: str) -> None:
    directory.begin(trial, {"jar": str(context.jar), "jar_sha256": context.jar.sha256, "debugged": label})
    with Attempt(trial, directory, context) as attempt, contextlib.ExitStack() as at_end:
        at_end.callback(salvage_logs, attempt)
        at_end.callback(attempt.processes.stop_all)
        try:
            attempt.machines.take()
            plan = prepare(attempt)
            own = next(process for process in plan.processes if process.label == label)
            _start(attempt, plan, own, directory.path)
            say(
                f"fpray has started all processes of this trial except {label}, which you start yourself with the"
                f" command above (also in {directory.file(command_file(label))}) · logs: {short_path(directory.path)}"
                " · Ctrl-C stops the processes that fpray has started"
            )
            for failure in failures(attempt):
                _say_all([failure.detail, *failure.lines, *filter(None, [failure.log])])
            threading.Event().wait()
        except ProcessFailed as error:
            _say_all([error.failure.detail, *error.failure.lines, error.failure.log, _end_words(label)])
        except KeyboardInterrupt:
            say(_end_words(label))


def _end_words(label: str) -> str:
    return (
        f"fpray now stops the processes that it has started. It did not start {label}: if that process still runs,"
        " stop it yourself · fpray debug never records a result"
    )


def _start(attempt: Attempt, plan: Plan, own: Process, path: Path) -> None:
    """Everything in its order; servers of later stages when the user's own listens."""
    others = [process for process in plan.processes if process is not own]
    if own.kind != "server":
        start_servers(attempt, _only(plan, others))
        _say_how(own, path)
        start_clients(attempt, _only(plan, others))
        return
    start_servers(attempt, _only(plan, [p for p in others if p.kind == "server" and p.stage <= own.stage]))
    _say_how(own, path)
    while not listens(attempt, own):
        attempt.context.cancellation.sleep(_LOOK_S)
    say(f"{own.label} listens")
    start_servers(attempt, _only(plan, [p for p in others if p.kind == "server" and p.stage > own.stage]))
    start_clients(attempt, _only(plan, others))


def _only(plan: Plan, processes: Sequence[Process]) -> Plan:
    return replace(plan, processes=tuple(processes))


def _say_how(own: Process, path: Path) -> None:
    command = shell_command(own.argv, own.env)
    write_text(path / command_file(own.label), command)
    where = "on this machine" if own.host == LOOPBACK else f"on {own.host}"
    ports = ", ".join(str(port) for port in own.endpoints.values())
    waits = f"; the other processes wait until {own.label} listens on {ports}" if own.kind == "server" else ""
    file = path / command_file(own.label)
    say(f"start {own.label} yourself {where}, with this command (also in {file}){waits}:\n{command.rstrip()}")


def _say_all(lines: Sequence[str]) -> None:
    for number, line in enumerate(lines):
        say(line if number == 0 else f"    {line}")
