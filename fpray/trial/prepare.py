"""Before a trial starts anything: machines inspected, room and the jar there, ports chosen, the plan and its files."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from fpray.cluster.jar_transfer import send_jar
from fpray.errors import Lost
from fpray.files import layout
from fpray.node.inspection import InspectionRequest, WorkSite
from fpray.node.scratch import Owner
from fpray.plan.command_line import Paths
from fpray.plan.plan import Plan, plan_placed
from fpray.plan.words import FREE_SPACE
from fpray.trial.attempt import Attempt
from fpray.trial.disk_space import SPACE_CHECK_S, needed_bytes
from fpray.trial.extension import extend_plan, fresh_ports
from fpray.trial.instruments import PlanSite
from fpray.trial.shield import NO_HARM
from fpray.trial.work_directories import WorkDirectories

Sites = dict[str, WorkSite]


def prepare(attempt: Attempt) -> Plan:
    """Clean the machines, choose ports, and write the plan and its files.

    Raises:
        FprayError: the jar has changed or is gone.
        Lost: a machine is gone, or no trial can work there.
        KeyboardInterrupt: the sweep is to end.
    """
    with attempt.timeline.phase("preparing"):
        spare = _spare_hosts(attempt)
        try:
            return _prepare(attempt, spare)
        except Lost as lost:
            if not lost.hosts or not set(lost.hosts) <= attempt.agents.guests.keys():
                raise
            attempt.notes.append(f"the instruments could use only the machines of the trial, because {lost} {NO_HARM}")
            return _prepare(attempt, ())


def _spare_hosts(attempt: Attempt) -> list[str]:
    """The machines of the Ray cluster on which no trial of the sweep measures."""
    measuring = attempt.context.allocator.hosts()
    return [host for host in attempt.context.machines.by_host() if host not in measuring]


def _prepare(attempt: Attempt, spare_hosts: Sequence[str]) -> Plan:
    placement = attempt.context.allocation.placement
    further = _further_ports(attempt, spare_hosts)
    ports = placement.port_counts()
    sites = _inspect(attempt, {host: ports.get(host, 0) + further.get(host, 0) for host in {**ports, **further}})
    sites |= _send_jar(attempt, sites)
    plan = plan_placed(
        attempt.trial,
        placement.with_ports({host: sites[host].ports[:count] for host, count in ports.items()}),
        paths := _paths(attempt, sites),
    )
    unused = {host: site.ports[ports.get(host, 0) :] for host, site in sites.items()}
    site = PlanSite(attempt.trial, paths, attempt.context.cluster, fresh_ports(unused), spare_hosts)
    plan, notes = extend_plan(plan, attempt.context.instruments, site)
    attempt.notes += notes
    attempt.directory.write_plan(plan)
    attempt.plan = plan
    attempt.work.write_inputs(plan, attempt.agents.at, attempt.agents.ask)
    attempt.agents.wake(plan.processes)
    return plan


def _paths(attempt: Attempt, sites: Sites) -> Paths:
    """Where the trial finds things on its machines; without sites, as on the driver's."""
    context = attempt.context
    directories = {host: (at.directory, at.jar or "", at.java, at.java_version) for host, at in sites.items()}
    return Paths(
        str(attempt.directory.path.absolute()), str(context.jar.path), context.java,
        context.jvm_args, context.flags, directories,
    )  # fmt: skip


def _further_ports(attempt: Attempt, spare_hosts: Sequence[str]) -> Mapping[str, int]:
    """host -> how many ports instruments will ask for there; a draft of the plan shows it."""
    attempt.agents.guests.clear()
    if not attempt.context.instruments:
        return {}
    counts: Counter[str] = Counter()
    numbers = itertools.count(1)

    def count(host: str) -> int:
        counts[host] += 1
        return next(numbers)

    placement, paths = attempt.context.allocation.placement, _paths(attempt, {})
    site = PlanSite(attempt.trial, paths, attempt.context.cluster, count, spare_hosts)
    draft, _ = extend_plan(plan_placed(attempt.trial, placement, paths), attempt.context.instruments, site)
    guests = {process.host: process.role for process in draft.processes if process.host not in placement.hosts()}
    attempt.agents.guests |= guests
    return {**dict.fromkeys(guests, 0), **counts}


def _inspect(attempt: Attempt, ports: Mapping[str, int]) -> Sites:
    """What each machine (-> the number of ports that it needs) is like, once every one has room for the trial."""
    requests = _requests(attempt, ports)
    has_reported = False
    while True:
        sites = _ask_sites(attempt, requests)
        attempt.work = WorkDirectories(attempt.directory, sites)
        attempt.work.fetch_abandoned(attempt.agents.at, attempt.agents.ask)
        full = attempt.work.too_full(needed_bytes(attempt.trial))
        if full is None:
            return sites
        if not has_reported:
            attempt.context.wait(f"waiting for disk space: {full}; {FREE_SPACE}")
        has_reported = True
        with attempt.timeline.waiting():
            attempt.context.cancellation.sleep(SPACE_CHECK_S)


def _requests(attempt: Attempt, ports: Mapping[str, int]) -> dict[str, InspectionRequest]:
    path, context = attempt.directory.path.absolute(), attempt.context
    owner = Owner(path.parent.name, path.name, attempt.directory.file(layout.START_TIME).read_text())
    first, jar = next(context.next_port), context.jar
    what = (first, str(path), owner, str(jar.path), jar.sha256, context.scratch, context.java)
    return {host: InspectionRequest(host, count, *what) for host, count in ports.items()}


def _ask_sites(attempt: Attempt, requests: Mapping[str, InspectionRequest]) -> Sites:
    sites = {}
    calls = {attempt.agents.at(host).machine.inspect(request): host for host, request in requests.items()}
    for call, site in attempt.agents.ask(calls):
        host = calls[call]
        sites[host] = site
        attempt.notes += [f"machine {host}: {what} of an earlier, killed sweep was stopped" for what in site.ended]
    return sites


def _send_jar(attempt: Attempt, sites: Sites) -> Sites:
    """Send the jar to the machines that lack it; what they are like then."""
    lacking = {host: attempt.agents.at(host) for host, site in sites.items() if site.jar is None}
    if not lacking:
        return {}
    context = attempt.context
    context.report("sending the jar", None)
    changed = {}
    for host, (path, was_sent) in send_jar(context.machines, context.jar, lacking, context.cancellation).items():
        changed[host] = replace(sites[host], jar=path)
        attempt.notes += [f"machine {host} had no copy of the jar: it was sent there"] if was_sent else []
    return changed
