"""A run's time with its machines: attach, see what they are, and give back an executor that runs trials on them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from fpray.cluster.allocator import Allocator
from fpray.cluster.discovery import Discovery
from fpray.cluster.jar_transfer import provide_jar
from fpray.cluster.machines import Machines
from fpray.cluster.nodes import Machine
from fpray.cluster.ray_address import wanted_address
from fpray.driver.executor import Executor
from fpray.driver.experiment import Experiment
from fpray.driver.listeners import Listeners
from fpray.driver.messages import headline, in_parallel, intent
from fpray.driver.quarantine_listener import QuarantineListener
from fpray.driver.resume import WorkList
from fpray.driver.scheduled_trial import RunTrial
from fpray.driver.survey import survey
from fpray.driver.trial_problems import cluster_problems, jar_problems
from fpray.errors import lost_machine, refuse_if_any
from fpray.node.fact_types import MachineFacts
from fpray.node.priority import batch_scheduling
from fpray.plan.cluster import LOOPBACK, Cluster
from fpray.store.suite import Suite
from fpray.store.suite_record import MachineNote
from fpray.study.source import TrialSource
from fpray.trial.context import TrialContext
from fpray.trial.run import run_trial


@dataclass(frozen=True)
class Backend:
    """What trials run on, and what runs one: the seam at which a simulation takes the place of both (bench/scale.py).

    Attributes:
        machines: Ray address (None: an embedded Ray), whether only an embedded one will do -> machines.
        run: runs one trial to its outcome, in a thread of its own.
    """

    machines: Callable[[str | None, bool], Machines] = lambda address, local: Machines(address, local=local)
    run: RunTrial = run_trial


REAL = Backend()


@dataclass(frozen=True)
class Session:
    """A suite that is held, what is to be run in it, and what listens to that."""

    experiment: Experiment
    suite: Suite
    work: WorkList
    source: TrialSource
    listeners: Listeners
    backend: Backend = REAL

    @contextlib.contextmanager
    def opened(self) -> Iterator[Executor]:
        """An executor on the machines of the experiment.

        Raises:
            Refused: the machines have no place for the trials, or cannot run them; no trial has started.
        """
        where, listeners = self.experiment.where, self.listeners
        machines = self.backend.machines(wanted_address(where.ray, where.local), where.local)
        if machines.embedded:  # refused before Ray starts
            self._placed(where.inventory.cluster_of([Machine("", LOOPBACK, 1, {})]))
            listeners.on_message(headline(self.experiment, machines))
        listeners.on_phase("starting Ray on this machine" if machines.embedded else "waiting for the Ray cluster", None)
        with batch_scheduling(), machines:
            where.inventory.wait_for_all(machines.refresh, listeners.on_wait)
            allocator, intention = self._allocator(machines)
            context = self._context(allocator, machines)
            self._begin(context, intention)
            yield self._executor(context)

    def _allocator(self, machines: Machines) -> tuple[Allocator, str]:
        """The machines that there are, where they have a place for all trials; and what will be done on them."""
        cluster = self._placed(cluster_now(self.experiment, machines))
        if not machines.embedded:
            self.listeners.on_message(headline(self.experiment, machines))
        order = self.source.open(several_machines=len(cluster.addresses()) > 1)
        hardware = {host: machine.cores for host, machine in machines.by_host().items()}
        shared = self.experiment.policy.share_machines
        allocator = Allocator(cluster, hardware, alive=machines.schedulable, shared=shared)
        at_once = in_parallel(self.experiment.policy.parallel, self.source.representative_trials(), allocator)
        return allocator, intent(self.suite, self.source, self.work, machines, at_once=at_once, order=order)

    def _placed(self, cluster: Cluster) -> Cluster:
        """The cluster, shared as the user wants.

        Raises:
            Refused: it has no place for a trial.
        """
        cluster = replace(cluster, policy=self.experiment.environment.placement_policy)
        trials = self.source.representative_trials()
        refuse_if_any(cluster_problems(self.experiment.protocol, trials, cluster))
        return cluster

    def _context(self, allocator: Allocator, machines: Machines) -> TrialContext:
        """What all trials share."""
        environment = self.experiment.environment
        return TrialContext(
            allocator,
            machines,
            environment.jar,
            environment.java,
            environment.jvm_args,
            environment.flags,
            self.experiment.outputs.keep_raw,
            self.experiment.where.scratch,
            self.experiment.outputs.max_output,
            instruments=self.experiment.instruments,
        )

    def _begin(self, context: TrialContext, intention: str) -> None:
        """See which machines there are, and write down what is about to run."""
        self.listeners.on_phase("starting fpray's role actors on the machines, before the first trial", None)
        command, waiting = self.experiment.outputs.command, self.source.representative_trials()
        run = survey(command, context, waiting, self.listeners.on_message)
        self.listeners.on_message(intention)  # nothing is refused any more
        self.work.begin(self.suite, self.source.planned())
        self.suite.record.runs.append(run)
        self.suite.save()

    def _executor(self, context: TrialContext) -> Executor:
        """What runs trials on the machines that there are, and on those that join where no file lists the machines."""
        policy = self.experiment.policy
        executor = Executor(
            context, self.listeners, limit=policy.parallel, retries=policy.retries, run=self.backend.run
        )
        self.listeners.add(QuarantineListener(context, self.listeners.on_message, self._remember))
        executor.discover = context.machines.poll
        if self.experiment.where.inventory.takes_new_machines:
            executor.discover = self._discovery(context, executor).poll
        return executor

    def _discovery(self, context: TrialContext, executor: Executor) -> Discovery:
        role, machines = self.experiment.protocol.clients()[0].name, context.machines

        def prepare(host: str) -> MachineFacts:
            facts = machines.facts([host], role, context.java).get(host)
            if facts is None:
                raise lost_machine(host)
            provide_jar(machines, [host], role, context.jar, context.scratch)
            return facts

        return Discovery(
            context.allocator,
            machines,
            cluster=lambda: cluster_now(self.experiment, machines),
            prepare=prepare,
            say=self.listeners.on_message,
            on_machine=self._welcome,
            wake=executor.wake,
        )

    def _welcome(self, host: str, facts: MachineFacts) -> None:
        """Note in `suite.json` that a machine has joined this run."""
        self.suite.record.last_run["machines"][host] = facts
        self._save_record()

    def _remember(self, what: MachineNote, host: str, value: Any) -> None:
        """Note something about a machine of this run in `suite.json`."""
        self.suite.record.last_run.setdefault(what, {})[host] = value
        self._save_record()

    def _save_record(self) -> None:
        with contextlib.suppress(OSError):  # a full disk: driver.log has the line, and trials go on
            self.suite.save()


def cluster_now(experiment: Experiment, machines: Machines) -> Cluster:
    """The machines of an experiment, of those that live.

    Raises:
        Refused: a file names a machine that is not there, a pool has no machine, or no jar is named for several.
    """
    nodes = machines.by_host().values()
    refuse_if_any(jar_problems(len(nodes), has_name=experiment.environment.jar_named))
    return experiment.where.inventory.cluster_of(nodes, machines.driver_host())
