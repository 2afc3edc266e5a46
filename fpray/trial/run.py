"""One trial: lend machines, start what the plan says, let clients measure, stop everything, end in an outcome."""

from __future__ import annotations

import contextlib
import errno
import itertools
import math
import os
import shlex
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fpray.cluster.allocator import Allocation, Allocator
from fpray.cluster.calls import gather
from fpray.cluster.cancellation import Cancellation
from fpray.cluster.jar_transfer import deliver
from fpray.cluster.session import Machines
from fpray.errors import Lost
from fpray.files import layout
from fpray.jar.find import Jar
from fpray.node.inspection import InspectionRequest, WorkSite
from fpray.node.processes import Exit, Failure, ProcessSpec
from fpray.node.scratch import Owner
from fpray.plan.cluster import Cluster
from fpray.plan.plan import Paths, Plan, Process, Trial, plan_placed, planned_bytes
from fpray.store.outcome import Outcome, ProcessEnd, Reason, Status
from fpray.store.trial_directory import TrialDirectory
from fpray.trial.early_stop import LOOK_AT, SHORTEST_S, LatencyBound, why_hopeless
from fpray.trial.validity import judge
from fpray.trial.work_directories import RECORDED, WorkDirectories

if TYPE_CHECKING:
    from fpray.recorder.summary import Summary

# A JVM listens 0.6 s after exec on a core of its own; the real jar's 14 servers took up to 20 s on 2 busy cores.
READY_S, READY_PER_PROCESS_AND_CORE_S = 30.0, 3.0
# Beyond its timeouts a client needs its JVM's start, and some 2 s to say goodbye; more on a busy machine.
CLIENT_SPARE_S = 20.0
GRACE_S = 5.0
CALL_S = 60.0  # what any other call to a role actor may take; they take milliseconds
SPARE_BYTES = 50_000_000
TAKEN = "Address already in use"  # somebody took a port between our choice and the bind
FULL_BYTES = 1_000_000
LEASE_CHECK_S = 0.5
SPACE_CHECK_S = 2.0
RESCUE_S = 15.0  # for the logs of an attempt that came to nothing, from each machine
_NO_CALLS: Mapping[Any, str] = {}
_REASON_OF = {Status.FINISHED: Reason.NONE, Status.NOT_READY: Reason.INFRASTRUCTURE}
_STATUS_OF = {"not-ready": Status.NOT_READY, "apart": Status.NOT_READY, "deadline": Status.OVERRAN}
# Below the ephemeral range, and above Ray's own worker ports (10002 to 19999).
_PORTS = range(20_000, 32_000, 500)


def _rotating_ports() -> Iterator[int]:
    """Where each trial looks for ports: a straggler of one can never serve the next. Sweeps begin apart."""
    start = os.getpid() % len(_PORTS)
    return itertools.cycle([*_PORTS[start:], *_PORTS[:start]])


@dataclass(frozen=True)
class TrialContext:
    """What all trials of a sweep share, and the slice of machines that is one trial's own.

    `report` is told what is happening now, and how many seconds it is planned to take where that is known; `wait`
    what a long wait is for. `scratch` is below what trials work on every machine, where the user said so. `caps` are
    bounds that a trial is given up for when it cannot keep them any more. `cancellation` ends all trials.
    """

    slices: Allocator
    machines: Machines
    jar: Jar
    java: str
    jvm_args: Mapping[str, Sequence[str]] = field(default_factory=dict)
    flags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    keep_raw: bool = True
    scratch: str | None = None
    report: Callable[[str, float | None], None] = lambda _what, _seconds: None
    wait: Callable[[str], None] = lambda _what: None
    caps: Sequence[LatencyBound] = ()
    next_port: Iterator[int] = field(default_factory=_rotating_ports)
    cancellation: Cancellation = field(default_factory=Cancellation)
    slice: Allocation = field(default_factory=lambda: Allocation(Cluster(), ()))

    @property
    def cluster(self) -> Cluster:
        """The machines, as the trial is placed on them."""
        return self.slice.cluster


class Failed(Exception):
    """A process failed: the trial is over, and this is its outcome's cause."""

    def __init__(self, failure: Failure, before: str) -> None:
        self.failure = failure
        self.before = before
        super().__init__(failure.detail)


def run_trial(trial: Trial[Any], directory: TrialDirectory, setting: TrialContext) -> Outcome:
    """Run a trial once and say how it ended; nothing of it is running when this returns or raises.

    1. Write `trial.json`. 2. See that nothing of an earlier trial or an ended driver is alive on its machines.
    3. Choose ports, see that the jar is there, write the plan, the config and the workload files. 4. Start the servers
    stage by stage, the next stage when all of the last listen. 5. Start the clients, then any driver. 6. Watch: any
    process that ends as it should not ends the trial. 7. Collect what the clients recorded, while the servers stop in
    reverse order. 8. Bring home what machines have on disks of their own. 9. Judge. The caller commits the outcome,
    last of all. It may run in any thread, beside others; one that is cancelled, or gets a KeyboardInterrupt, ends
    as *interrupted*.

    Raises:
        FprayError: no trial can go on: the jar is another one by now.
        OSError: a disk is full, for one.
    """
    arguments = " ".join(f"{role}:{arg}" for role, args in setting.jvm_args.items() for arg in args)
    added = [f"{role}:--{name}={value}" for role, given in setting.flags.items() for name, value in given.items()]
    how = {"jar": str(setting.jar), "jar_sha256": setting.jar.sha256, "java": setting.java}
    how |= {"jvm_args": arguments, "flags": shlex.join(added)}
    directory.begin(trial, how)
    run = Attempt(trial, directory, setting)
    with contextlib.ExitStack() as everything:
        everything.callback(run.give_back_machines)  # last: collecting uses them, too
        everything.callback(run.stop_everything)
        try:
            try:
                plan = run.prepare()
                run.start_servers(plan)
                run.start_clients(plan)
                run.measure(plan)
                end = partial(run.judged, plan, run.collect(plan))
            except Failed as failed:
                run.failed = True
                end = partial(run.outcome_of, failed)
            run.fetch_files()
        except Lost as lost:
            run.salvage_logs()
            return run.outcome(Status.LOST, str(lost), Reason.INFRASTRUCTURE, blamed=lost.hosts)
        except KeyboardInterrupt:
            run.stop_everything()
            run.salvage_logs()
            return run.outcome(Status.INTERRUPTED, "interrupted", Reason.USER)
    return end()


class Attempt:
    """The state of one attempt: who was started where, what happened when, how long each step took."""

    def __init__(self, trial: Trial[Any], directory: TrialDirectory, setting: TrialContext) -> None:
        self.trial, self.directory, self.setting = trial, directory, setting
        self.events: list[dict[str, Any]] = []
        self.phases: dict[str, float] = {}
        self.started: list[list[Process]] = []  # stage by stage
        self.exits: dict[str, Exit] = {}
        self.notes: list[str] = []
        self.stopped = self.failed = False
        self.read_in_full: set[str] = set()  # recorder files whose rows are all in the Parquet file
        self.places = WorkDirectories(directory, {})
        self.hopeless: str | None = None  # the bound that it cannot keep any more
        self.taken: list[str] = []  # machines whose lease this trial holds
        self.began = time.monotonic()
        self.plan: Plan | None = None

    # -- steps

    def prepare(self) -> Plan:
        """Clean the machines, choose ports, write the plan and its files."""
        self._take_machines()
        placement = self.setting.slice.placement
        with self._phase("preparing"):
            sites = self._look_around(placement.port_counts())
            placement = placement.with_ports({host: site.ports for host, site in sites.items()})
            path, setting = str(self.directory.path.absolute()), self.setting
            there = {host: (site.directory, site.jar or "") for host, site in sites.items()}
            paths = Paths(path, str(setting.jar.path), setting.java, setting.jvm_args, setting.flags, there)
            plan = plan_placed(self.trial, placement, paths)
            self.directory.write_plan(plan)
            self.plan = plan
            self.places.write_inputs(plan, self._speaker, self._ask)
            wanted = {(p.role, p.host) for p in plan.processes}
            for _ in self._ask(setting.machines.start_actors(wanted, setting.slice.lane)):
                pass  # of what starts at once, none shall wait for its role actor
        return plan

    def _look_around(self, counts: Mapping[str, int]) -> Mapping[str, WorkSite]:
        """What the trial's machines are like before it, when there is room and the jar on each."""
        path, jar = self.directory.path.absolute(), self.setting.jar
        owner = Owner(path.parent.name, path.name, self.directory.file(layout.START_TIME).read_text())
        first = next(self.setting.next_port)
        errands = {
            host: InspectionRequest(
                host, count, first, str(path), owner, str(jar.path), jar.sha256, self.setting.scratch
            )
            for host, count in counts.items()
        }
        said = None
        while True:
            sites = {}
            calls = {self._speaker(host).prepare.remote(errand): host for host, errand in errands.items()}
            for call, site in self._ask(calls):
                sites[calls[call]] = site
                left = [f"{calls[call]}: ended {what}, left behind by an earlier driver" for what in site.ended]
                self.notes += left
            self.places = WorkDirectories(self.directory, sites)
            self.places.bring_abandoned(self._speaker, self._ask)
            full = self.places.too_full(planned_bytes(self.trial) + SPARE_BYTES)
            if full is None:
                break
            if said is None:
                self.setting.wait(f"waiting for disk space: {full} (Ctrl-C stops; the same command carries on)")
            said = full
            self.setting.cancellation.sleep(SPACE_CHECK_S)
        if lacking := {host: self._speaker(host) for host, site in sites.items() if site.jar is None}:
            self.setting.report("sending the jar", None)
            for host, (place_there, came) in deliver(jar.path, jar.sha256, lacking, self.setting.cancellation).items():
                sites[host] = replace(sites[host], jar=place_there)
                self.notes += [f"{host}: the jar was sent there"] if came else []
        return sites

    def _take_machines(self) -> None:
        """Take all machines of the trial, or others, or wait, holding none: nobody else measures there meanwhile."""
        holder = f"the sweep in {self.directory.path.parent.absolute()} (process {os.getpid()})"
        said: dict[str, str] = {}
        slices, own = self.setting.slices, self.setting.slice
        while True:
            hosts = own.hosts
            calls = {self._speaker(host).take_machine.remote(holder, slices.shared): host for host in hosts}
            self.taken = list(hosts)  # until it is known which: an interrupted trial must give back all it may have
            answers = {calls[call]: by for call, by in self._gather(calls, CALL_S, calls.__getitem__)}
            held = {host: by for host, by in answers.items() if by is not None}
            self.taken = [host for host in hosts if host not in held]
            if not held:
                return
            self.give_back_machines()
            if slices.reallocate(self.trial, own, held):
                continue
            if held != said:
                said = held
                for host, by in held.items():
                    self.setting.wait(f"waiting for machine {host}: it is measuring for {by}")
            self.setting.cancellation.sleep(LEASE_CHECK_S)

    def give_back_machines(self) -> None:
        """Let others measure there, before anybody asks for the next trial's machines."""
        calls = []
        for host in self.taken:
            with contextlib.suppress(Lost):
                calls.append(self._speaker(host).give_back_machine.remote())
        with contextlib.suppress(Lost):
            for _ in gather(calls, CALL_S):
                pass
        self.taken = []

    def _speaker(self, host: str) -> Any:
        """Any role actor of a machine can speak for the machine; that of the first role placed there does."""
        return self._actor(self.setting.slice.placement.role_on(host), host)

    def start_servers(self, plan: Plan) -> None:
        """Start the servers stage by stage; each stage when all of the last one listen."""
        with self._phase("starting"):
            total = len(plan.of_kind("server"))
            for stage in plan.stages():
                self._start(stage, total)
            if lag := getattr(self.trial.params, "client_lag", timedelta(0)):
                self.setting.report("client_lag", lag.total_seconds())
                self._watch([], lag.total_seconds())

    def start_clients(self, plan: Plan) -> None:
        """Start the clients and wait until they listen: one whose port is taken measures nothing. Then any driver."""
        with self._phase("starting clients"):
            self._start(plan.of_kind("client"), len(plan.of_kind("client")))
            if drivers := plan.of_kind("driver"):
                self._start(drivers, len(drivers))

    def _start(self, stage: Sequence[Process], total: int) -> None:
        self.setting.cancellation.check()
        plan = self._the_plan()
        self.started.append(list(stage))
        by_actor = self._by_actor(stage)
        calls = {}
        for (role, host), processes in by_actor.items():
            specs = [_spec(process, self.places.given(process, plan)) for process in processes]
            actor = self._actor(role, host)
            calls[actor.start.remote(specs, self._ready_s(host))] = (role, processes)
        before = sum(len(s) for s in self.started[:-1])
        listening = 0
        self._report_start(calls, listening, before, total)
        deadline = max((self._ready_s(host) for _, host in by_actor), default=READY_S) + CALL_S
        for call, failure in self._gather(calls, deadline, lambda c: f"{calls[c][0]} on {calls[c][1][0].host}"):
            if failure is not None:
                raise Failed(failure, "before it listened")
            _, processes = calls.pop(call)
            listening += len(processes)
            for process in processes:
                self._event("phase", "listening", process)
            if calls:
                self._report_start(calls, listening, before, total)
        for role in {process.role for process in stage}:
            if (window := self.trial.protocol.role(role).starts_within) is not None:
                self._see_that_they_started_together([p for p in stage if p.role == role], window)

    def _see_that_they_started_together(self, processes: Sequence[Process], window: timedelta) -> None:
        """Raise when one of them listened too long after another: they were all ordered at the same time."""
        calls = [
            self._actor(role, host).ready_after.remote([process.label for process in here])
            for (role, host), here in self._by_actor(processes).items()
        ]
        after = {label: took for _, found in self._gather(calls, CALL_S) for label, took in found.items()}
        first, last = min(after, key=after.__getitem__), max(after, key=after.__getitem__)
        if (apart := after[last] - after[first]) > window.total_seconds():
            detail = (
                f"{last} listened {apart:.1f} s after {first}, and all {self._role_of(last)}s must within"
                f" {window.total_seconds():g} s of one another, or some never hear of the others: their machines are"
                " too busy, or too few, to start them side by side"
            )
            raise Failed(Failure("apart", last, detail), "")

    def _report_start(self, waiting: Mapping[Any, Any], listening: int, before: int, total: int) -> None:
        roles = ", ".join(dict.fromkeys(f"{role}s" for role, _ in waiting.values()))
        self.setting.report(f"starting {roles}: {min(total, before + listening)} of {total} listen", None)

    def _ready_s(self, host: str) -> float:
        cores = self.setting.machines.by_host()[host].cores if host in self.setting.machines.by_host() else 1
        here = sum(1 for p in self._the_plan().processes if p.host == host)
        return READY_S + READY_PER_PROCESS_AND_CORE_S * math.ceil(here / cores)

    def measure(self, plan: Plan) -> None:
        """Sleep until every client has exited, or anything ends that should not."""
        p = self.trial.params
        spans = {name: _seconds(p, name) for name in ("warmup_duration", "warmup_timeout", "warmup_sleep")}
        clients = plan.of_kind("client")
        self.setting.report(
            "warming up and measuring", spans["warmup_duration"] + spans["warmup_sleep"] + _seconds(p, "duration")
        )
        deadline = spans["warmup_timeout"] + spans["warmup_sleep"] + _seconds(p, "timeout") + CLIENT_SPARE_S
        with self._phase("measuring"):
            self._watch(clients, deadline, self._glances(clients))

    def _glances(self, clients: Sequence[Process]) -> dict[Any, str]:
        """One look at each machine's client files, at half of the duration, where there are bounds to be kept."""
        p, protocol = self.trial.params, self.trial.protocol
        if not self.setting.caps or _seconds(p, "duration") < SHORTEST_S or protocol.records_warmup:
            return {}
        after_s = _seconds(p, "warmup_duration") + _seconds(p, "warmup_sleep") + LOOK_AT * _seconds(p, "duration")
        return {
            self._actor(role, host).sample_rows.remote(
                [self._csv(process) for process in here], after_s
            ): f"{role} on {host}"
            for (role, host), here in self._by_actor(clients).items()
        }

    def _csv(self, process: Process) -> str:
        return f"{process.directory}/{layout.data_file(process.label)}"

    def _watch(self, clients: Sequence[Process], deadline_s: float, glances: Mapping[Any, str] = _NO_CALLS) -> None:
        """Block until the clients have exited (without clients: for the time given); raise when anything fails.

        Return before they have where a glance at what they wrote leaves no hope.
        """
        servers = [process for stage in self.started for process in stage if process.kind != "client"]
        waiting: dict[Any, str] = {}
        for (role, host), processes in self._by_actor(clients).items():
            labels = [process.label for process in processes]
            waiting[self._actor(role, host).wait_exit.remote(labels, deadline_s)] = f"{role} on {host}"
        watching = {}
        for (role, host), processes in self._by_actor(servers).items():
            labels = [process.label for process in processes]
            watching[self._actor(role, host).wait_exit.remote(labels, deadline_s)] = f"{role} on {host}"
        names = {**waiting, **watching, **glances}
        seen: list[Sequence[bytes]] = []
        for call, failure in self._gather(names, deadline_s + CALL_S, names.__getitem__):
            if call in glances:
                seen.append(failure)
                if len(seen) == len(glances):
                    self.hopeless = why_hopeless(self.setting.caps, [piece for each in seen for piece in each])
                if self.hopeless:
                    return
                continue
            if call in watching:
                if failure is None or failure.kind == "deadline":
                    if not clients:
                        return
                    continue
                raise Failed(failure, "while clients were measuring" if clients else "before clients started")
            if failure is not None:
                raise Failed(failure, "")
            del waiting[call]
            if not waiting:
                return

    def collect(self, plan: Plan) -> Summary:
        """Gather the clients' rows into recorder.parquet and summarize them, while the servers stop."""
        clients = plan.of_kind("client")
        if self.hopeless:
            self.stop_everything()  # the clients first: their files must not grow any more
        with ThreadPoolExecutor(1) as beside:
            stopping = beside.submit(self.stop_everything)
            self._gather_rows(clients)
            self.setting.cancellation.check()  # what follows waits for nothing, so nothing can wake it
            summary = self._summarize()
            with self._phase("waiting for servers to stop"):
                stopping.result()
        self._drop_raw(clients, summary)
        return summary

    def _gather_rows(self, clients: Sequence[Process]) -> None:
        from fpray.recorder.parquet_writer import RecorderWriter

        self.setting.report("collecting rows", None)
        with self._phase("collecting"), RecorderWriter(self.directory.file(layout.RECORDER)) as gatherer:
            for process in clients:  # one after the other: the driver holds one client's rows at a time
                actor = self._actor(process.role, process.host)
                call = actor.read.remote(self._csv(process), process.label)
                ((_, reading),) = self._gather([call], None, {call: f"{process.role} on {process.host}"}.__getitem__)
                gatherer.add(self.places.at_home(reading))

    def _summarize(self) -> Summary:
        from fpray.recorder.summary import summarize

        self.setting.report("summarizing", None)
        protocol, p = self.trial.protocol, self.trial.params
        warmup_s = _seconds(p, "warmup_duration") + _seconds(p, "warmup_sleep")
        with self._phase("summarizing"):
            return summarize(
                self.directory.file(layout.RECORDER),
                outputs=protocol.outputs,
                closed_loops=protocol.loops(p) * p.num_client_procs,
                group_size=getattr(p, "measurement_group_size", 1),
                duration_s=None if self.hopeless else _seconds(p, "duration"),
                warmup_s=warmup_s if protocol.records_warmup else 0.0,
            )

    def _drop_raw(self, clients: Sequence[Process], summary: Summary) -> None:
        """The Parquet file holds every row, so the CSV files go; unless one could not be read in full."""
        unread = {client.client for client in summary.clients if client.error or client.notes}
        for process in clients:
            if process.label not in unread:
                self.read_in_full.add(layout.data_file(process.label))
                self.directory.file(layout.data_file(process.label)).unlink(missing_ok=True)
        if not self.setting.keep_raw:
            self.directory.file(layout.RECORDER).unlink(missing_ok=True)

    # -- files that are elsewhere

    def fetch_files(self) -> None:
        """Copy what machines have on disks of their own to the suite, and remove it there."""
        if not self.places.away:
            return
        self.stop_everything()
        self.setting.report("bringing files to the suite", None)
        with self._phase("bringing files home"):
            known = {*self._the_plan().files, *self.read_in_full}
            ended = {p.label: p.host for p in self._the_plan().processes if p.label in self.exits}
            expected = {
                host: [
                    name(label)
                    for label, where in ended.items()
                    if where == host
                    for name in (layout.stdout_file, layout.stderr_file)
                ]
                for host in self.places.away
            }
            free = self.places.fetch_files(expected, known, self._speaker, self._ask)
        full = [host for host, left in free.items() if left < FULL_BYTES]
        if self.failed and full:
            there = Path(self.places.away[full[0]]).parent
            raise OSError(errno.ENOSPC, f"no space left on machine {full[0]}", str(there))

    def salvage_logs(self) -> None:
        """Copy what can be had of an attempt that comes to nothing, but for its rows."""
        for host in self.places.away if self.plan is not None else ():
            ask = partial(_ask_until, time.monotonic() + RESCUE_S)
            here = dict.fromkeys(process.role for process in self._the_plan().processes if process.host == host)
            for role in here:  # where one actor of a machine is gone another may live
                with contextlib.suppress(Lost, OSError):
                    known = {*self._the_plan().files, RECORDED}
                    self.places.fetch_files({host: ()}, known, partial(self._actor, role), ask)
                    break

    # -- stopping

    def stop_everything(self) -> None:
        """Stop whatever was started, the last stage first. Never raises: keepers end what is out of reach."""
        if self.stopped:
            return
        self.stopped = True
        with contextlib.suppress(OSError):  # a full disk keeps nothing running
            self.directory.log("stopping")
        until = time.monotonic() + CALL_S + GRACE_S * len(self.started)
        with self._timed("stopping"):
            for stage in reversed(self.started):
                self._stop(stage, until)

    def _stop(self, stage: Sequence[Process], until: float) -> None:
        """Stop a stage; who is out of reach keeps nobody else from being stopped and waited for."""
        calls = []
        for (role, host), processes in self._by_actor(stage).items():
            with contextlib.suppress(Lost):
                calls.append(self._actor(role, host).stop.remote([p.label for p in processes], GRACE_S))
        for call in calls:
            with contextlib.suppress(Lost, OSError):
                for _, exits in gather([call], max(0.1, until - time.monotonic())):
                    self._note_exits(exits)

    def _note_exits(self, exits: Mapping[str, Exit]) -> None:
        for label, ended in exits.items():
            if label not in self.exits:
                self.exits[label] = ended
                self.events.append(
                    {
                        "t": ended.ended_ns,
                        "kind": "exit",
                        "role": self._role_of(label),
                        "label": label,
                        "detail": f"returned {ended.returncode}" + (", stopped" if ended.stopped else ""),
                    }
                )

    def listens(self, process: Process) -> bool:
        """Whether somebody listens on all that a process that fpray did not start is to listen on."""
        addresses = [(process.host, port) for port in process.endpoints.values()]
        call = self._speaker(process.host).listens.remote(addresses)
        ((_, answer),) = self._ask({call: process.host})
        return bool(answer)

    def troubles(self) -> Iterator[Failure]:
        """What ends as it should not among all that was started, as it happens, until everything has ended."""
        calls = {
            self._actor(role, host).wait_exit.remote([process.label for process in here], None): f"{role} on {host}"
            for (role, host), here in self._by_actor([p for stage in self.started for p in stage]).items()
        }
        for _, failure in self._gather(calls, None, calls.__getitem__):
            if failure is not None:
                yield failure

    # -- outcomes

    def judged(self, plan: Plan, summary: Summary) -> Outcome:
        """The outcome of a trial in which every process did as it was told: what do its numbers say?"""
        if self.hopeless:
            figures = {**summary.columns, **summary.measured}
            return self.outcome(Status.STOPPED_EARLY, self.hopeless, Reason.NONE, results=figures, notes=summary.notes)
        verdict = judge(self.trial, plan, summary, self.exits, self.directory)
        return self.outcome(
            verdict.status,
            verdict.detail,
            _REASON_OF.get(verdict.status, Reason.SYSTEM_UNDER_TEST),
            label=verdict.label,
            blamed=self._hosts_of(verdict.label) if verdict.status is Status.NOT_READY else (),
            lines=verdict.lines,
            log=verdict.log,
            results={**summary.columns, **summary.measured},
            notes=summary.notes,
            doubts=verdict.doubts,
        )

    def outcome_of(self, failed: Failed) -> Outcome:
        """The outcome of a trial that a failing process ended."""
        failure = failed.failure
        if failure.kind in ("lost", "stopped"):
            return self.outcome(
                Status.LOST, failure.detail, Reason.INFRASTRUCTURE, blamed=self._hosts_of(failure.label)
            )
        status = _STATUS_OF.get(failure.kind, Status.CRASHED)
        detail = failure.detail + (f", {failed.before}" if failed.before and failure.kind == "exited" else "")
        self._event_at(time.time_ns(), "fault", "", failure.label, failure.detail)
        machines = failure.kind in ("taken", "apart") or any(TAKEN in line for line in failure.lines)
        reason = Reason.INFRASTRUCTURE if machines else Reason.SYSTEM_UNDER_TEST
        lines, log = _telling(failure.lines), self.places.localize(failure.log)
        blamed = self._hosts_of(failure.label) if machines else ()
        return self.outcome(status, detail, reason, label=failure.label, lines=lines, log=log, blamed=blamed)

    def outcome(self, status: Status, detail: str, reason: Reason, **more: Any) -> Outcome:
        """An outcome with all that is known of this attempt. Stops what still runs first."""
        if status is not Status.LOST:
            self.stop_everything()
        more["notes"] = [*self.notes, *more.get("notes", ())]
        return Outcome(
            status,
            detail,
            reason,
            **more,
            events=sorted(self.events, key=lambda event: int(event["t"])),
            processes=[self._process_end(process) for stage in self.started for process in stage],
            hosts=self.plan.hosts() if self.plan else (),
            wall_s=round(time.monotonic() - self.began, 3),
            phases={name: round(seconds, 4) for name, seconds in self.phases.items()},
        )

    def _process_end(self, process: Process) -> ProcessEnd:
        ended = self.exits.get(process.label)
        if ended is None:
            return ProcessEnd(process.label, None)
        cpu = round(ended.utime_s + ended.stime_s, 3)
        return ProcessEnd(process.label, ended.returncode, cpu, ended.maxrss_kb, ended.niceness)

    # -- small things

    def _actor(self, role: str, host: str) -> Any:
        return self.setting.machines.actor(role, host, self.setting.slice.lane)

    def _gather(
        self, calls: Collection[Any], deadline_s: float | None, who: Callable[[Any], str] | None = None
    ) -> Iterator[tuple[Any, Any]]:
        return gather(list(calls), deadline_s, who, self.setting.cancellation)

    def _ask(self, calls: Mapping[Any, str]) -> Iterator[tuple[Any, Any]]:
        return self._gather(calls, CALL_S, calls.__getitem__)

    def _the_plan(self) -> Plan:
        assert self.plan is not None
        return self.plan

    def _by_actor(self, processes: Sequence[Process]) -> dict[tuple[str, str], list[Process]]:
        grouped: dict[tuple[str, str], list[Process]] = {}
        for process in processes:
            grouped.setdefault((process.role, process.host), []).append(process)
        return grouped

    def _role_of(self, label: str) -> str:
        return next((p.role for stage in self.started for p in stage if p.label == label), "")

    def _hosts_of(self, label: str) -> list[str]:
        return [p.host for stage in self.started for p in stage if p.label == label]

    def _event(self, kind: str, detail: str, process: Process) -> None:
        self._event_at(time.time_ns(), kind, process.role, process.label, detail)

    def _event_at(self, t: int, kind: str, role: str, label: str, detail: str) -> None:
        self.events.append({"t": t, "kind": kind, "role": role, "label": label, "detail": detail})

    @contextlib.contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        self.directory.log(name)
        with self._timed(name):
            yield

    @contextlib.contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        self._event_at(time.time_ns(), "phase", "", "", name)
        start = time.monotonic()
        try:
            yield
        finally:
            self.phases[name] = self.phases.get(name, 0.0) + time.monotonic() - start


def missing_bytes(trial: Trial[Any], directory: Path, *, spare_only: bool = False) -> tuple[int, int] | None:
    """(needed, free) bytes where a trial would not fit on the disk of the suite; None where it fits.

    With `spare_only` the question is whether the disk is full now, not whether another trial would fit.
    """
    needed = FULL_BYTES if spare_only else planned_bytes(trial) + SPARE_BYTES
    free = shutil.disk_usage(directory).free
    return (needed, free) if free < needed else None


def _ask_until(until: float, calls: Mapping[Any, str]) -> Iterator[tuple[Any, Any]]:
    """Results as they come, also when everything is to end; until: a time.monotonic()."""
    return gather(list(calls), max(0.1, until - time.monotonic()), calls.__getitem__)


def is_full(error: OSError) -> bool:
    """Whether an error means that a disk or a quota is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def _spec(process: Process, given: tuple[str, ...] | None) -> ProcessSpec:
    return ProcessSpec(
        label=process.label,
        argv=process.argv,
        directory=process.directory,
        given=given,
        env=process.env,
        host=process.host,
        listens=tuple((process.host, port) for port in process.endpoints.values()),
        expected_exits=(0,) if process.kind == "client" else process.expected_exits,
        brief=process.kind == "client",
    )


def _telling(lines: Sequence[str]) -> tuple[str, ...]:
    """The lines that say what went wrong: without the JVM's stock phrases, and not a whole stack trace."""
    stock = ("Error: Could not create the Java Virtual Machine.", "Error: A fatal exception has occurred.")
    kept = [line for line in lines if not line.startswith(stock) and not line.lstrip().startswith("at ")]
    return tuple(kept[-12:])


def _seconds(params: Any, name: str) -> float:
    value = getattr(params, name, timedelta(0))
    return float(value.total_seconds())
