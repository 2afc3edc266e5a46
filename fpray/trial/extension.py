"""What instruments add to a plan: processes, arguments and files. Pure, so that `fpray plan` shows it as well."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fpray.plan.cluster import Cluster
from fpray.plan.command_line import Paths
from fpray.plan.plan import Plan, Process, Trial
from fpray.trial.instruments import Instrument, PlanSite
from fpray.trial.shield import shielded


def extend_plan(
    plan: Plan, instruments: Sequence[Instrument], site: PlanSite, passing: tuple[type[BaseException], ...] = ()
) -> tuple[Plan, list[str]]:
    """The plan as all instruments extend it, one after the other; and a note about each that could not.

    passing: what an instrument may raise all the same.
    """
    notes: list[str] = []
    for instrument in instruments:
        with shielded(instrument, "extend", notes, passing=passing):
            plan = _checked(instrument.extend(plan, site), plan, site)
    return plan, notes


def fresh_ports(unused: Mapping[str, Sequence[int]]) -> Callable[[str], int]:
    """A `PlanSite.port` that takes the ports of each machine one after the other."""
    remaining = {host: iter(ports) for host, ports in unused.items()}

    def port(host: str) -> int:
        for number in remaining.get(host, ()):
            return number
        raise ValueError(
            f"there is no port left on machine {host}, because the instruments asked for more ports there than at"
            " their first call of extend(). Let extend() of each instrument ask for the same ports at every call"
        )

    return port


def extend_for_show(
    plan: Plan, trial: Trial[Any], cluster: Cluster, paths: Paths, instruments: Sequence[Instrument]
) -> tuple[Plan, list[str]]:
    """As `extend_plan`, before there are machines: with ports that follow those of FrankenPaxos.

    It runs in the main thread, so Ctrl-C may come as `KeyboardInterrupt` while an instrument works.
    """
    ports = itertools.count(100 + max([9900, *(port for p in plan.processes for port in p.endpoints.values())]), 100)
    site = PlanSite(trial, paths, cluster, lambda _host: next(ports))
    return extend_plan(plan, instruments, site, passing=(KeyboardInterrupt,))


def _checked(extended: Plan, plan: Plan, site: PlanSite) -> Plan:
    """An extended plan.

    Raises:
        ValueError: it is no extension: a process is gone or moved, two have one label, or one is on a machine that is
            not the trial's.
    """
    processes = {process.label: process for process in extended.processes}
    if len(processes) < len(extended.processes):
        labels = [process.label for process in extended.processes]
        double = next(label for label in labels if labels.count(label) > 1)
        raise ValueError(
            f"the plan that extend() returns gives the label {double} to more than one process. Give each process a"
            " label of its own"
        )
    for process in plan.processes:
        if process.label not in processes or _identity(processes[process.label]) != _identity(process):
            raise ValueError(
                f"the plan that extend() returns lacks process {process.label}, or changes more of it than its"
                " arguments and environment. Return every process of the plan, and change only these two"
            )
    hosts = {*plan.hosts(), *site.spare_hosts}
    if strangers := [process for process in extended.processes if process.host not in hosts]:
        raise ValueError(
            f"the plan that extend() returns puts process {strangers[0].label} on machine {strangers[0].host}, which is"
            " not a machine of this trial. Choose a machine of the plan, or one of `site.spare_hosts`"
        )
    for name, content in plan.files.items():
        if extended.files.get(name) != content:
            raise ValueError(
                f"the plan that extend() returns lacks the file {name}, or changes its content. Return every file of"
                " the plan as it was, and give new files other names"
            )
    return extended


def _identity(process: Process) -> tuple[Any, ...]:
    return process.role, process.index, process.kind, process.stage, process.host, dict(process.endpoints)
