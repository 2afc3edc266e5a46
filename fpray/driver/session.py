"""The main loop: ask the study, run the trial, keep the outcome, tell the study; on Ctrl-C leave nothing running."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fpray.cluster.allocator import Allocator
from fpray.cluster.discovery import Discovery
from fpray.cluster.jar_transfer import provide_jar
from fpray.cluster.nodes import Machine
from fpray.cluster.ray_address import wanted_address
from fpray.cluster.session import Machines
from fpray.driver.executor import Ended, Executor, RunTrial
from fpray.driver.notify import Notifier
from fpray.driver.pilot import corners, failed, pilot_suite, table
from fpray.driver.remote_head import is_elsewhere
from fpray.driver.request import Request, check, check_jar, check_platform, split_address
from fpray.driver.resume import WorkList, agenda, choose_suite
from fpray.driver.stop_rule import FailureLimit
from fpray.errors import FprayError, Lost, Problem, refuse, refuse_if_any
from fpray.files import layout
from fpray.jar.find import Jar
from fpray.jar.provenance import of_driver
from fpray.node.priority import batch_scheduling
from fpray.plan.capacity import heap_problems
from fpray.plan.cluster import LOOPBACK, Cluster
from fpray.plan.placement import place
from fpray.plan.plan import Trial, duration_in_words, planned_seconds
from fpray.protocol.protocol import Protocol
from fpray.report.live import Progress
from fpray.store.outcome import Outcome, Status, counted
from fpray.store.results import Row, append_csv, csv_row, read_results, write_results
from fpray.store.suite import Suite
from fpray.store.suite_record import MachineNote, RunRecord
from fpray.store.trial_directory import TrialDirectory, now
from fpray.study.order import Order
from fpray.study.source import ListSource, TrialSource
from fpray.study.study import Study
from fpray.trial.context import TrialContext
from fpray.trial.disk_space import SPACE_CHECK_S, is_full
from fpray.trial.run import run_trial


@dataclass(frozen=True)
class Backend:
    """What trials run on, and what runs one: the seam at which a simulation takes the place of both (bench/scale.py).

    Attributes:
        machines: Ray address (None: an embedded Ray), whether only that will do -> machines.
        run: runs one trial to its outcome, in a thread of its own.
    """

    machines: Callable[[str | None, bool], Machines] = lambda address, local: Machines(address, local=local)
    run: RunTrial = run_trial


REAL = Backend()


@dataclass
class SweepResult:
    """What a sweep came to.

    Attributes:
        suite: the suite directory.
        outcomes: trial number -> outcome, of every trial of the request that ended, now or earlier.
        planned: how many trials the request has.
        interrupted: whether the user stopped it.
        stopped: why it stopped before its end by itself, if it did.
    """

    suite: Path
    planned: int
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    interrupted: bool = False
    stopped: str = ""

    @property
    def exit_code(self) -> int:
        """0: every trial finished; 1: some did not; 130: interrupted."""
        if self.interrupted:
            return 130
        done = [o for o in self.outcomes.values() if o.status is Status.FINISHED]
        return 0 if len(done) == self.planned else 1

    def table(self) -> Any:
        """All results as an Arrow table (`.to_pandas()` for a frame)."""
        return read_results(self.suite)


def run_sweep(
    request: Request,
    *,
    on_trial: Callable[[str, Trial[Any], Outcome], None] = lambda _number, _trial, _outcome: None,
    ground: Backend = REAL,
) -> SweepResult:
    """Check everything, take or make the suite, attach to Ray, and run what is not done yet.

    Raises:
        Refused: nothing was started.
        FprayError: it could not go on; what was finished stays finished.
    """
    protocol, study, _ = check(request)
    jar = ready_jar(request, protocol)
    suite = choose_suite(request, jar, study)
    with suite.held():
        todo = agenda(suite, request)
        waiting = [trial for trial in todo.trials if not todo.is_done(suite, trial)]
        result = SweepResult(suite.path, len(todo.trials))
        if (
            request.pilot
            and waiting
            and not _pilot(request, protocol, suite, jar=jar, waiting=waiting, result=result, ground=ground)
        ):
            return result
        asker = ListSource(todo.trials, waiting)

        def arrange(cluster: Cluster) -> str:
            several = len(cluster.addresses()) > 1
            order = Order.decide(request.order, suite.record.order, several_machines=several)
            suite.record.order = order.to_json()
            asker.arrange(order.arranged)
            return order.words()

        drive(
            request, protocol, suite, jar=jar, todo=todo, asker=asker, result=result, on_trial=on_trial,
            arrange=arrange, ground=ground,
        )  # fmt: skip
    return result


def _pilot(
    request: Request,
    protocol: Protocol[Any],
    suite: Suite,
    *,
    jar: Jar,
    waiting: Sequence[Trial[Any]],
    result: SweepResult,
    ground: Backend,
) -> bool:
    """Run the corners of what waits, short and in a suite of their own; whether the sweep is to go on."""
    trials, apart = corners(waiting), pilot_suite(suite)
    study = Study(f"{suite.record.study}, pilot", protocol.name, summary=request.points.resolve()[1].summary)
    with apart.held():
        todo = WorkList(trials, study, [], failed(apart))
        left = [trial for trial in trials if not todo.is_done(apart, trial)]
        piloted = SweepResult(apart.path, len(trials))
        quiet = replace(request, keep_going=True, notify=())
        drive(
            quiet, protocol, apart, jar=jar, todo=todo, asker=ListSource(trials, left), result=piloted,
            on_trial=lambda _number, _trial, _outcome: None, ground=ground,
        )  # fmt: skip
        ended = {str(trial["id"]): outcome for _, trial, outcome in apart.outcomes() if outcome is not None}
    result.interrupted = piloted.interrupted
    bad = list(table(trials, ended))
    if bad:
        _say(f"pilot: {len(bad)} of {len(trials)} corners of the grid fail:")
        for line in bad:
            _say(line)
        if not request.keep_going:
            result.stopped = f"{len(bad)} of {len(trials)} corners of its grid fail"
            _say("the sweep was not begun (correct its grid, or --keep-going: the same command runs what failed again)")
    elif not result.interrupted:
        _say(f"pilot: all {len(trials)} corners of the grid run")
    return not result.interrupted and not result.stopped


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def ready_jar(request: Request, protocol: Protocol[Any]) -> Jar:
    """The jar to run, built if need be.

    Raises:
        Refused: there is none that runs the protocol, or no trial runs on this platform.
    """
    jar, problems = check_jar(request, protocol, _say)
    refuse_if_any([*problems, *check_platform()])
    assert jar is not None
    return jar


def drive(
    request: Request,
    protocol: Protocol[Any],
    suite: Suite,
    *,
    jar: Jar,
    todo: WorkList,
    asker: TrialSource,
    result: SweepResult,
    on_trial: Callable[[str, Trial[Any], Outcome], None],
    conclude: Callable[[SweepResult], Sequence[str]] = lambda _result: (),
    arrange: Callable[[Cluster], str] = lambda _cluster: "",
    ground: Backend = REAL,
) -> None:
    """Run what an asker asks for, in a suite that is held, into `result`.

    arrange: is told which machines there are before anything is asked, and may say something of the order of trials;
    conclude: has the last words but one.
    """
    address, remark = split_address(request.address)
    launcher = request.launcher()
    with contextlib.ExitStack() as everything:
        everything.callback(suite.remove_if_empty)  # also where it is refused before there are machines
        progress = everything.enter_context(
            Progress(asker, todo.study.summary, protocol.outputs, suite.path, request.leaving)
        )
        facts = lambda: {**suite.identity(), **progress.snapshot().counts()}  # noqa: E731
        notices = everything.enter_context(Notifier(request.notify, facts, progress.say))
        if launcher is not None:
            if is_elsewhere(request):
                raise refuse(
                    f"--cluster {launcher.path}",
                    "this machine is none of its cluster's, and the driver runs on one: the command fpray sweep has it"
                    " run there (or name the cluster with --address)",
                )
            address = address or launcher.address
        machines = ground.machines(wanted_address(address, request.local), request.local)
        failures = FailureLimit(searching=request.kind == "search")
        sweep = _Sweep(
            request, protocol, todo, jar, machines, suite, asker, result, progress, arrange, ground.run, failures,
            notices,
        )  # fmt: skip
        if remark:
            progress.say(remark)
        try:
            sweep.run(on_trial)
        except KeyboardInterrupt:
            result.interrupted = True
        except FprayError as error:
            notices.tell("failed", str(error), exit_code=error.exit_code)
            raise
        finally:
            progress.rest()
            notices.rest()
            if not suite.remove_if_empty():
                _write_tables(suite, protocol, asker, progress)
                for line in conclude(result):
                    progress.say(line)
        last = _closing(suite, result)
        progress.over(last, result.exit_code, early=result.interrupted or bool(result.stopped))
        if not result.interrupted:
            notices.tell("finished", last, exit_code=result.exit_code)


@dataclass(frozen=True)
class _Sweep:
    """A sweep or a search under way: what was asked for, and what it runs on."""

    request: Request
    protocol: Protocol[Any]
    todo: WorkList
    jar: Jar
    machines: Machines
    suite: Suite
    asker: TrialSource
    result: SweepResult
    progress: Progress
    arrange: Callable[[Cluster], str]
    run_trial: RunTrial
    failures: FailureLimit
    notices: Notifier

    def run(self, on_trial: Callable[[str, Trial[Any], Outcome], None]) -> None:
        """Attach to Ray, say what is about to happen, and drive."""
        waiting = self.asker.ahead()
        if not waiting:
            self.progress.say(self._intent(waiting))
            self._drive(None, on_trial)
            return
        if self.machines.embedded:
            # Refused before Ray starts.
            self._placed(self.request.inventory.joined([Machine("", LOOPBACK, 1, {})]))
            self.progress.say(self.headline())
        self.progress.stage(f"waiting for {'an embedded Ray' if self.machines.embedded else 'the Ray cluster'}", None)
        with batch_scheduling(), self.machines:
            self.machines.watch_head(lambda text: self.progress.say(f"fpray: {text}"))
            self.request.inventory.wait_for_all(self.machines.refresh, self.progress.wait)
            cluster = self._placed(machines_of(self.request, self.machines))
            if not self.machines.embedded:
                self.progress.say(self.headline())
            order = self.arrange(cluster)
            request = self.request
            slices = Allocator(
                cluster,
                {host: machine.cores for host, machine in self.machines.by_host().items()},
                alive=self.machines.schedulable,
                shared=request.share_machines,
            )
            self.progress.say(self._intent(waiting, slices, order))
            setting = TrialContext(
                slices,
                self.machines,
                self.jar,
                request.java,
                request.jvm_args,
                request.flags,
                request.keep_raw,
                request.scratch,
                caps=request.caps(self.protocol),
            )
            self.progress.stage("waiting for role actors", None)
            run = _this_run(request, setting, waiting, self.progress.say)
            self.todo.begin(self.suite, request, self.jar, self.asker.planned())
            self.suite.record.runs.append(run)
            self.suite.save()
            runner = self._runner(setting, waiting[0])
            try:
                self._drive(runner, on_trial)
            except BaseException:
                for ended in runner.stop():
                    with contextlib.suppress(FprayError):  # what was wrong is said below, and each outcome is on disk
                        self._ended(ended, on_trial)
                raise

    def _runner(self, setting: TrialContext, like: Trial[Any]) -> Executor:
        """What runs trials on the machines that there are, and on those that join where no file says who serves."""
        request, machines = self.request, self.machines
        runner = Executor(setting, self.progress, most=request.parallel, retries=request.retries, run=self.run_trial)
        runner.look, runner.remember = machines.poll, self._remember
        if request.inventory.takes_new_machines:
            role = like.protocol.clients()[0].name

            def ask(host: str) -> Mapping[str, Any]:
                facts = machines.facts([host], role, request.java).get(host)
                if facts is None:
                    raise Lost(f"machine {host} has left again")
                provide_jar(machines, [host], role, setting.jar, setting.scratch)
                return facts

            runner.look = Discovery(
                setting.slices,
                machines,
                cluster=lambda: machines_of(request, machines),
                ask=ask,
                say=self.progress.say,
                welcome=self._welcome,
                wake=runner.wake,
            ).look
        return runner

    def _remember(self, what: MachineNote, host: str, why: str) -> None:
        self.suite.record.last_run.setdefault(what, {})[host] = why
        self._note_it()

    def _welcome(self, host: str, facts: Mapping[str, Any]) -> None:
        self.suite.record.last_run["machines"][host] = facts
        self._note_it()

    def _note_it(self) -> None:
        with contextlib.suppress(OSError):  # a full disk: what was said is in driver.log, and trials go on
            self.suite.save()

    def _drive(self, runner: Executor | None, on_trial: Callable[[str, Trial[Any], Outcome], None]) -> None:
        """Ask, run, keep, tell, until there is nothing left to ask (without a runner: nothing to run).

        As many trials as there is room for run side by side. None is asked for before there is room: whoever is asked
        may learn from those that run.
        """
        for known in self.todo.trials:
            if self.todo.is_done(self.suite, known):
                outcome = self.suite.directory(known).outcome()
                assert outcome is not None
                self.progress.resumed(known, outcome.status)
        asked = self._ask(runner)
        like = asked[0] if asked is not None else None
        while asked is not None or (runner is not None and not runner.idle):
            assert runner is not None
            if asked is not None and runner.start(*asked):
                like, asked = asked[0], None
                self.notices.expect(self.progress.longest())
            elif asked is not None and runner.idle and (ended := runner.impossible(*asked)) is not None:
                asked = None
                self._ended(ended, on_trial)
            elif (ended := runner.wait()) is not None:
                self._ended(ended, on_trial)
            if self.result.stopped:  # what runs may end
                asked = like = None
            if asked is None and like is not None and (runner.idle or runner.has_room(like)):
                asked = self._ask(runner)

    def _ask(self, runner: Executor | None) -> tuple[Trial[Any], TrialDirectory] | None:
        """The next trial that has no outcome yet; what has one is told."""
        while (trial := self.asker.ask()) is not None:
            directory = self._directory(trial)
            outcome = directory.outcome()
            if outcome is not None:
                self._learn(trial, directory, outcome)
            elif runner is not None:
                return trial, directory
        return None

    def _directory(self, trial: Trial[Any]) -> TrialDirectory:
        """The directory of a trial; a new one when there is space for it."""
        said = False
        while True:
            try:
                return self.suite.directory(trial)
            except OSError as error:
                if not is_full(error):
                    raise FprayError(f"no trial can begin in {self.suite.path}: {error}") from error
                if not said:
                    self.progress.wait(f"waiting for disk space: {error.strerror} at {self.suite.path}")
                said = True
                time.sleep(SPACE_CHECK_S)

    def _learn(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> None:
        self.result.outcomes[directory.number] = outcome
        self.asker.tell(trial, outcome)
        self.progress.stand()

    def _ended(self, ended: Ended, on_trial: Callable[[str, Trial[Any], Outcome], None]) -> None:
        """A trial has ended, and its outcome is on disk."""
        trial, directory, outcome = ended.trial, ended.directory, ended.outcome
        if outcome.status is Status.FINISHED:
            _append_row(self.suite, csv_row(self.protocol, trial.params, outcome), self.progress)
        self.progress.end(directory.number, trial, outcome)
        self._tell(on_trial, directory.number, trial, outcome)
        self._learn(trial, directory, outcome)
        self.notices.expect(self.progress.longest())
        why = self.failures.note(directory.number, outcome)
        left = len(self.result.outcomes) < self.asker.most()
        if why:
            self.notices.tell("mostly-failed", why)
        if why and left and not self.request.keep_going and not self.result.stopped:
            self.result.stopped = why
            self.progress.say(f"{why}: no other is started (--keep-going goes on whatever fails)")

    def _tell(
        self, on_trial: Callable[[str, Trial[Any], Outcome], None], number: str, trial: Trial[Any], outcome: Outcome
    ) -> None:
        try:
            on_trial(number, trial, outcome)
        except OSError as error:  # whoever reads our output is gone, or its disk is full: the trial is kept
            self.progress.say(f"trial {number} could not be told: {error.strerror}")

    def _placed(self, cluster: Cluster) -> Cluster:
        """The cluster, shared as the user says, where it has a place for all trials.

        Raises:
            Refused: it has not.
        """
        cluster = self.request.placed(cluster)
        refuse_if_any(self.request.placement_problems(self.protocol, self.asker.ahead(), cluster))
        return cluster

    def headline(self) -> str:
        """Where it runs and with which jar."""
        if self.machines.embedded:
            where = f"on this machine ({len(os.sched_getaffinity(0))} cores, embedded Ray {version('ray')})"
        else:
            found = self.machines.by_host()
            count = f"{len(found)} machine{'s' if len(found) != 1 else ''}"
            where = f"on the Ray cluster at {self.machines.address} ({count}, Ray {version('ray')})"
        return f"{self.protocol.name} {where} · jar: {self.jar}"

    def _intent(self, waiting: Sequence[Trial[Any]], slices: Allocator | None = None, order: str = "") -> str:
        """What will be done, or carried on, how, and about how long it takes."""
        most = self.asker.most()
        at_once = self._at_once(waiting, slices) if waiting and slices is not None else 1
        cores = sum(machine.cores for machine in self.machines.by_host().values()) // at_once
        again = self.todo.repeated
        ended = [
            o.status for d in self.suite.directories().values() if d not in again and (o := d.outcome()) is not None
        ]
        left, known = most - len(ended), len(self.asker.planned())
        each = sum(planned_seconds(trial, cores) for trial in waiting) / max(1, len(waiting))
        beside = min(at_once, max(1, left))
        about = f"{'at most' if most > known else 'about'} {duration_in_words(left * each / beside)}"
        how = ", ".join(filter(None, (f"up to {beside} side by side" if beside > 1 else "", order)))
        about = f"{how} · {about}" if how else about
        at_most = "at most " if most > known else ""
        if not self.suite.fresh:
            to_go = f"{at_most}{left} to go, {about}" if waiting else "nothing left to do"
            finished = ended.count(Status.FINISHED)
            failed = f", {len(ended) - finished} failed" if len(ended) > finished else ""
            return f"carrying on {self.suite.path} ({finished} of {at_most}{most} finished{failed}; {to_go})"
        trials = f"{at_most}{most} trial{'s' if most != 1 else ''}"
        anew = f" (anew: all of {self.suite.after} has ended)" if self.suite.after else ""
        return f"study {self.todo.study.name} · {trials} · {about} · suite {self.suite.path}{anew}"

    def _at_once(self, waiting: Sequence[Trial[Any]], slices: Allocator) -> int:
        """How many trials are expected to run side by side."""
        fit = (self.request.parallel or 1) if slices.shared else slices.capacity(waiting[0])
        return max(1, min(fit, self.request.parallel or fit))


def machines_of(request: Request, machines: Machines) -> Cluster:
    """The machines that a request is run on, of those that are there.

    Raises:
        Refused: the cluster file names strangers, a pool has no machine, or nobody said which jar several machines are
            to run.
    """
    refuse_if_any(request.jar_problems(len(machines.by_host())))
    return request.inventory.joined(machines.by_host().values(), machines.driver_host())


def _append_row(suite: Suite, row: Row, progress: Progress) -> None:
    """A row that cannot be appended now is written with all others at the end."""
    try:
        append_csv(suite, row)
    except OSError as error:
        progress.say(f"{layout.RESULTS_CSV} cannot be written now: {error.strerror} (the outcome is kept)")


def _write_tables(suite: Suite, protocol: Protocol[Any], asker: TrialSource, progress: Progress) -> None:
    try:
        write_results(suite, protocol, {trial.id: trial.params for trial in asker.planned()})
        suite.write_stop_time()
    except OSError as error:
        progress.say(f"the tables of {suite.path.name} cannot be written: {error.strerror} (every outcome is kept)")


def _this_run(
    request: Request, setting: TrialContext, waiting: Sequence[Trial[Any]], say: Callable[[str], None]
) -> RunRecord:
    """Wake the role actors of the first trial, and say which machines this run has and what they are.

    Raises:
        Refused: a machine has no Java, or one that does not run; or less memory than a trial's heaps there.
    """
    first, slices = waiting[0], setting.slices
    for instance in place(first.protocol, first.params, slices.cluster):
        setting.machines.agent(instance.role, instance.host)  # in the background: the first trial waits for less
    role = first.protocol.clients()[0].name
    facts = setting.machines.facts(slices.cluster.addresses(), role, request.java)
    for host in slices.cluster.addresses():
        if host not in facts:
            say(f"machine {host} does not answer: trials run on the others until it does")
    for host, found in facts.items():
        for what in found.get("left_behind", ()):
            say(f"machine {host}: ended {what}, left behind by an earlier driver")
    refuse_if_any(
        [
            Problem(f"--java {request.java}", f"there is no such program on machine {host}: install a JRE or JDK 17")
            for host, found in facts.items()
            if found["java"] is None
        ]
        + [
            Problem(f"--java {request.java}", f"is no Java on machine {host}: it {found['jvm']}")
            for host, found in facts.items()
            if found["java"] is not None and str(found["jvm"]).startswith(("exits", "cannot"))
        ]
        + heap_problems(
            first.protocol,
            [trial.params for trial in waiting],
            slices.cluster,
            {host: found["memory_bytes"] for host, found in facts.items()},
            slices.equivalents,
        )
    )
    return {
        "started": now(),
        "provenance": of_driver(setting.jar, request.command, request.java),
        "ray": {"address": setting.machines.address or "embedded", "version": version("ray")},
        "jar_sent_to": provide_jar(setting.machines, list(facts), role, setting.jar, setting.scratch),
        "machines": facts,
    }


def _closing(suite: Suite, result: SweepResult) -> str:
    statuses = [o.status for o in result.outcomes.values()]
    if result.interrupted and not suite.path.exists():
        return "interrupted · nothing was started"
    if result.interrupted:
        finished = statuses.count(Status.FINISHED)
        return (
            f"interrupted · {finished} of {result.planned} finished · nothing is running any more"
            " · the same command carries on"
        )
    if result.stopped:
        others = f"the same command carries on with the other {result.planned - len(statuses)}"
        repeats = ", with --rerun failed also with these" if suite.record.kind == "sweep" else ""
        stopped = f"stopped, since most trials fail · {counted(statuses)}"
        return f"{stopped} · fpray show {suite.short_name} · {others}{repeats}"
    again = " · the same command runs the lost ones again" if Status.LOST in statuses else ""
    return f"{counted(statuses)} · fpray show {suite.short_name}{again}"
