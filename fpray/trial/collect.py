"""After a trial's clients: their rows into one table and a summary, and the files that are on other disks."""

from __future__ import annotations

import contextlib
import errno
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fpray.cluster.calls import gather
from fpray.errors import Lost
from fpray.files import layout
from fpray.plan.plan import Plan, Process
from fpray.trial.attempt import Attempt, EndCause, ProcessFailed
from fpray.trial.disk_space import FULL_BYTES
from fpray.trial.plan_facts import recorded_warmup_s, rows_file, seconds_of
from fpray.trial.shield import NO_HARM
from fpray.trial.work_directories import RECORDED

if TYPE_CHECKING:
    from fpray.recorder.summary import Summary

SALVAGE_S = 15.0  # for the logs of an attempt that came to nothing, from each machine


def collect(attempt: Attempt, plan: Plan) -> Summary:
    """Write the clients' rows into recorder.parquet and summarize them, while the servers stop.

    Raises:
        Lost: rows cannot be had.
        OSError: they cannot be written.
        KeyboardInterrupt: the sweep is to end.
    """
    clients = plan.of_kind("client")
    if attempt.early_reason:
        attempt.processes.stop_all()  # the clients first: their files must not grow any more
    with ThreadPoolExecutor(1) as beside:
        stopping = beside.submit(attempt.processes.stop_all)
        _collect_rows(attempt, clients)
        attempt.context.cancellation.check()  # what follows waits for nothing, so nothing can wake it
        summary = _summarize(attempt)
        with attempt.timeline.phase("waiting for servers to stop"):
            stopping.result()
    _drop_raw(attempt, clients, summary)
    return summary


def _collect_rows(attempt: Attempt, clients: Sequence[Process]) -> None:
    from fpray.recorder.parquet_writer import RecorderWriter

    attempt.context.report("collecting rows", None)
    table = attempt.directory.file(layout.RECORDER)
    with attempt.timeline.phase("collecting"), RecorderWriter(table) as writer:
        for client in clients:  # one after the other: the driver holds one client's rows at a time
            call = attempt.agents.of(client.role, client.host).files.read_client(rows_file(client), client.label)
            ((_, reading),) = attempt.agents.wait({call: f"{client.role} on {client.host}"}, None)
            writer.add(attempt.work.localize_reading(reading))
            del call, reading


def _summarize(attempt: Attempt) -> Summary:
    from fpray.recorder.summary import summarize

    attempt.context.report("summarizing", None)
    protocol, params = attempt.trial.protocol, attempt.trial.params
    with attempt.timeline.phase("summarizing"):
        return summarize(
            attempt.directory.file(layout.RECORDER),
            outputs=protocol.outputs,
            closed_loops=protocol.closed_loops(params),
            group_size=getattr(params, "measurement_group_size", 1),
            duration_s=None if attempt.early_reason else seconds_of(params, "duration"),
            warmup_s=recorded_warmup_s(attempt.trial),
        )


def _drop_raw(attempt: Attempt, clients: Sequence[Process], summary: Summary) -> None:
    """Remove the CSV files, of which every row is in the Parquet file; not one that could not be read in full."""
    unread = {client.client for client in summary.clients if client.error or client.notes}
    for process in clients:
        if process.label not in unread:
            name = layout.data_file(process.label)
            attempt.read_in_full.add(name)
            attempt.directory.file(name).unlink(missing_ok=True)
    if not attempt.context.keep_raw:
        attempt.directory.file(layout.RECORDER).unlink(missing_ok=True)


def fetch_files(attempt: Attempt, cause: EndCause) -> EndCause:
    """Copy what machines have on disks of their own to the suite, and remove it there.

    cause: why the trial is over. Returns it, or why the files could not be had.

    Raises:
        OSError: a disk is full, here or on a machine.
    """
    if isinstance(cause, Lost | KeyboardInterrupt):
        if isinstance(cause, KeyboardInterrupt):
            attempt.processes.stop_all()
        salvage_logs(attempt)
        return cause
    try:
        free = _fetch_all(attempt) if attempt.work.away else {}
    except (Lost, KeyboardInterrupt) as failure:
        return fetch_files(attempt, failure)
    full = [host for host, free_bytes in free.items() if free_bytes < FULL_BYTES]
    if full and isinstance(cause, ProcessFailed):
        directory = Path(attempt.work.away[full[0]]).parent
        raise OSError(errno.ENOSPC, f"No space left on device, on machine {full[0]}", str(directory))
    return cause


def _fetch_all(attempt: Attempt) -> Mapping[str, int]:
    """Copy everything, and remove it there; host -> bytes that are free there."""
    attempt.processes.stop_all()
    attempt.context.report("copying files to the directory of results", None)
    with attempt.timeline.phase("bringing files home"):
        plan = attempt.known_plan
        files_of_plan = {*plan.files, *attempt.read_in_full}
        with_logs = [process for process in plan.processes if process.label in attempt.processes.exits]
        names_by_host = {
            host: [
                name(p.label) for p in with_logs if p.host == host for name in (layout.stdout_file, layout.stderr_file)
            ]
            for host in attempt.work.away
            if host not in attempt.agents.guests
        }
        for host in attempt.work.away.keys() - names_by_host.keys():
            try:
                attempt.work.fetch_files({host: ()}, files_of_plan, attempt.agents.at, attempt.agents.ask)
            except Lost as lost:
                files = f"files that an instrument wrote on machine {host} were not copied to the suite"
                attempt.notes.append(f"{files}: {lost} {NO_HARM}. To get such files, run the trial again with --rerun")
        return attempt.work.fetch_files(names_by_host, files_of_plan, attempt.agents.at, attempt.agents.ask)


def salvage_logs(attempt: Attempt) -> None:
    """Copy what can be had of an attempt that comes to nothing, but for its rows."""
    if attempt.plan is None:
        return
    files_of_plan = {*attempt.plan.files, RECORDED}
    for host in attempt.work.away:
        ask = partial(_ask_until, time.monotonic() + SALVAGE_S)
        roles = dict.fromkeys(process.role for process in attempt.plan.processes if process.host == host)
        for role in roles:  # where one agent of a machine is gone another may live
            with contextlib.suppress(Lost, OSError):
                attempt.work.fetch_files({host: ()}, files_of_plan, partial(attempt.agents.of, role), ask)
                break


def _ask_until(until: float, calls: Mapping[Any, str]) -> Iterator[tuple[Any, Any]]:
    """Answers as they come, also when the sweep is to end; until: a time.monotonic()."""
    return gather(list(calls), max(0.1, until - time.monotonic()), calls.__getitem__)
