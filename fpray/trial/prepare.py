"""Before a trial starts anything: machines inspected, room and the jar there, ports chosen, the plan and its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fpray.cluster.jar_transfer import send_jar
from fpray.files import layout
from fpray.node.inspection import InspectionRequest, WorkSite
from fpray.node.scratch import Owner
from fpray.plan.plan import Paths, Plan, plan_placed
from fpray.trial.attempt import Attempt
from fpray.trial.disk_space import SPACE_CHECK_S, needed_bytes
from fpray.trial.work_directories import WorkDirectories

Sites = dict[str, WorkSite]


def prepare(attempt: Attempt) -> Plan:
    """Clean the machines, choose ports, and write the plan and its files.

    Raises:
        FprayError: the jar has changed or is gone.
        Lost: a machine is gone, or no trial can work there.
        KeyboardInterrupt: the sweep is to end.
    """
    context = attempt.context
    placement = context.slice.placement
    with attempt.timeline.phase("preparing"):
        sites = _inspect(attempt, placement.port_counts())
        sites |= _send_jar(attempt, sites)
        directories = {host: (site.directory, site.jar or "") for host, site in sites.items()}
        paths = Paths(
            str(attempt.directory.path.absolute()), str(context.jar.path), context.java,
            context.jvm_args, context.flags, directories,
        )  # fmt: skip
        placement = placement.with_ports({host: site.ports for host, site in sites.items()})
        plan = plan_placed(attempt.trial, placement, paths)
        attempt.directory.write_plan(plan)
        attempt.plan = plan
        attempt.work.write_inputs(plan, attempt.agents.at, attempt.agents.ask)
        attempt.agents.wake(plan.processes)
    return plan


def _inspect(attempt: Attempt, ports: Mapping[str, int]) -> Sites:
    """What each machine (-> the number of ports that it needs) is like, once every one has room for the trial."""
    requests = _requests(attempt, ports)
    reported = False
    while True:
        sites = _ask_sites(attempt, requests)
        attempt.work = WorkDirectories(attempt.directory, sites)
        attempt.work.bring_abandoned(attempt.agents.at, attempt.agents.ask)
        full = attempt.work.too_full(needed_bytes(attempt.trial))
        if full is None:
            return sites
        if not reported:
            attempt.context.wait(f"waiting for disk space: {full} (Ctrl-C stops; the same command carries on)")
        reported = True
        attempt.context.cancellation.sleep(SPACE_CHECK_S)


def _requests(attempt: Attempt, ports: Mapping[str, int]) -> dict[str, InspectionRequest]:
    path, jar, scratch = attempt.directory.path.absolute(), attempt.context.jar, attempt.context.scratch
    owner = Owner(path.parent.name, path.name, attempt.directory.file(layout.START_TIME).read_text())
    first = next(attempt.context.next_port)
    return {
        host: InspectionRequest(host, count, first, str(path), owner, str(jar.path), jar.sha256, scratch)
        for host, count in ports.items()
    }


def _ask_sites(attempt: Attempt, requests: Mapping[str, InspectionRequest]) -> Sites:
    sites = {}
    calls = {attempt.agents.at(host).machine.inspect(request): host for host, request in requests.items()}
    for call, site in attempt.agents.ask(calls):
        host = calls[call]
        sites[host] = site
        attempt.notes += [f"{host}: ended {what}, left behind by an earlier driver" for what in site.ended]
    return sites


def _send_jar(attempt: Attempt, sites: Sites) -> Sites:
    """Send the jar to the machines that lack it; what they are like then."""
    lacking = {host: attempt.agents.at(host) for host, site in sites.items() if site.jar is None}
    if not lacking:
        return {}
    context = attempt.context
    context.report("sending the jar", None)
    sent = {}
    for host, (path, came) in send_jar(context.jar, lacking, context.cancellation).items():
        sent[host] = replace(sites[host], jar=path)
        attempt.notes += [f"{host}: the jar was sent there"] if came else []
    return sent
