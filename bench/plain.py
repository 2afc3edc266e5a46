"""The plain script that fpray is compared with: Popen, poll the sockets until they listen, wait, terminate."""

from __future__ import annotations

import itertools
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.common import BenchError
from fpray.driver.selection import TrialSelection, select
from fpray.files import layout
from fpray.node import ports
from fpray.node.messages import clean_environment
from fpray.plan.cluster import LOOPBACK, Cluster
from fpray.plan.command_line import Paths
from fpray.plan.placement import place
from fpray.plan.plan import Plan, Process, Trial, plan_placed

# A look at the sockets takes 0.03 ms (netlink); every 5 ms, it costs the starting JVMs nothing that one could measure.
LOOK_S = 0.005
READY_S = 120.0
JvmArgs = Mapping[str, Sequence[str]]
_FIRST_PORTS = itertools.cycle(range(20_000, 29_000, 300))


@dataclass(frozen=True)
class Numbers:
    """What the clients of a run measured, all labels together."""

    throughput: float
    median_ms: float


@dataclass(frozen=True)
class PlainRun:
    """One run by the plain script: its seconds, those of each step, the directory of its files, and its plan."""

    wall_s: float
    phases: Mapping[str, float]
    directory: Path
    plan: Plan
    trial: Trial[Any]

    def numbers(self) -> Numbers:
        """Read the recorder files; not part of the run."""
        return numbers(self.directory, self.trial, self.plan)


def points(protocol: str, **values: Any) -> TrialSelection:
    """The first point of the protocol's smoke study with some values changed, as a request words it."""
    # A grid of one replaces the study's points; what they vary keeps the first one's value.
    return TrialSelection(protocol, vary={"num_client_procs": [1]}, set=values)


def the_trial(selection: TrialSelection) -> Trial[Any]:
    """The one trial of such points."""
    return select(selection).trials[0]


def plan_into(
    trial: Trial[Any], directory: Path, jar: Path, java: str = "java", jvm_args: JvmArgs | None = None
) -> Plan:
    """The plan of a trial on this machine, with free ports and its files written; jvm_args: role -> arguments."""
    placement = place(trial.protocol, trial.params, Cluster())
    port_numbers = ports.free_ports(LOOPBACK, placement.port_counts()[LOOPBACK], next(_FIRST_PORTS))
    paths = Paths(str(directory), str(jar), java, jvm_args or {})
    plan = plan_placed(trial, placement.with_ports({LOOPBACK: port_numbers}), paths)
    directory.mkdir(parents=True)
    for name, text in plan.files.items():
        (directory / name).write_text(text)
    return plan


def run(trial: Trial[Any], directory: Path, jar: Path, java: str = "java", jvm_args: JvmArgs | None = None) -> PlainRun:
    """Run a trial's processes as a script would. Only what follows the plan is timed. jvm_args: as for `plan_into`."""
    plan = plan_into(trial, directory, jar, java, jvm_args)
    running: list[subprocess.Popen[bytes]] = []
    marks = [time.monotonic()]
    try:
        for stage in plan.stages():
            running += [start(process, directory) for process in stage]
            wait_until_all_listen(stage, running, directory)
        marks.append(time.monotonic())
        clients = [start(process, directory) for process in plan.of_kind("client")]
        codes = [client.wait() for client in clients]
        marks.append(time.monotonic())
    finally:
        stop(running)
    marks.append(time.monotonic())
    if any(codes):
        raise BenchError(f"clients returned {codes}: see {directory}")
    spans = zip(("servers", "clients", "stopping"), itertools.pairwise(marks), strict=True)
    return PlainRun(marks[-1] - marks[0], {name: end - begin for name, (begin, end) in spans}, directory, plan, trial)


def start(process: Process, directory: Path) -> subprocess.Popen[bytes]:
    """Start one process with the same environment as under fpray; its output goes into the directory."""
    out, err = directory / layout.stdout_file(process.label), directory / layout.stderr_file(process.label)
    with out.open("wb") as stdout, err.open("wb") as stderr:
        return subprocess.Popen(
            process.argv, env=clean_environment(os.environ), stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr
        )


def wait_until_all_listen(
    stage: list[Process], running: list[subprocess.Popen[bytes]], directory: Path, look_s: float = LOOK_S
) -> None:
    """Poll the machine's listening sockets until those of the stage are among them."""
    endpoints = {(process.host, port) for process in stage for port in process.endpoints.values()}
    deadline = time.monotonic() + READY_S
    while not endpoints <= {(listener.host, listener.port) for listener in ports.listeners()}:
        if any(process.poll() is not None for process in running) or time.monotonic() > deadline:
            output = "".join((directory / layout.stderr_file(process.label)).read_text()[:500] for process in stage)
            raise BenchError(f"{stage[0].role} ended or does not listen: {output}")
        time.sleep(look_s)


def stop(running: list[subprocess.Popen[bytes]]) -> None:
    """Terminate the processes and wait for their ends."""
    for process in running:
        process.terminate()
    for process in running:
        process.wait()


def numbers(directory: Path, trial: Trial[Any], plan: Plan) -> Numbers:
    """Throughput and median latency of the rows in a directory, all labels together."""
    from fpray.recorder.csv_reader import ClientFile

    seconds = trial.params.duration.total_seconds()
    labels = [process.label for process in plan.of_kind("client")]
    tables = [table for label in labels for table in ClientFile(directory / layout.data_file(label), label)]
    return _numbers(tables, seconds, str(directory))


def numbers_of_parquet(path: Path, trial: Trial[Any]) -> Numbers:
    """The same numbers of a trial that fpray ran."""
    import pyarrow.parquet as pq

    return _numbers([pq.read_table(path)], trial.params.duration.total_seconds(), str(path))


def _numbers(tables: list[Any], seconds: float, where: str) -> Numbers:
    import numpy as np

    from fpray.recorder.schema import nanoseconds

    if not sum(table.num_rows for table in tables):
        raise BenchError(f"nothing was answered: see {where}")
    names = ("start", "stop", "count", "latency_nanos")
    columns = {name: np.concatenate([nanoseconds(table[name]) for table in tables]) for name in names}
    begin = columns["start"].min()
    inside = columns["stop"] < begin + round(seconds * 1e9)
    latency, count = columns["latency_nanos"][inside], columns["count"][inside]
    return Numbers(float(count.sum()) / seconds, float(np.median(latency)) / 1e6)
