"""An instrument as another package has it: it extends the plan, adds events, and gives evidence and findings."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

from fpray.evidence.evidence import Doubt, MachineEvidence
from fpray.plan.plan import Plan
from fpray.trial.instruments import Findings, Instrument, PlanSite, RunningTrial, beside, with_jvm_args


class Meter(Instrument):
    """Counts; and does what a test asks for.

    Attributes:
        end: the reason for which it ends each trial; None: it does not.
        raises: the method that raises.
        error: what it raises; None: a LookupError.
        gives: its evidence.
        spare: whether its process goes to a machine that measures nothing.
        counted: is set when it has counted.
    """

    name = "meter"
    end: str | None = None
    raises = ""
    error: BaseException | None = None
    gives: Sequence[MachineEvidence | Doubt] = ()
    spare = False

    def __init__(self) -> None:
        self.counted = threading.Event()

    def extend(self, plan: Plan, site: PlanSite) -> Plan:
        """A process where the first client is, an argument for the servers, and a file."""
        self._fail("extend")
        host = site.spare_hosts[0] if self.spare and site.spare_hosts else plan.of_kind("client")[0].host
        port = site.port(host)
        meter = site.sidecar("meter", host, ["meter", f"--port={port}"], endpoints={"meter": port})
        servers = [p if p.kind != "server" else with_jvm_args(p, ["-Dmetered=yes"]) for p in plan.processes]
        return replace(plan, files={**plan.files, "meter.conf": "every = 1s\n"}, processes=(*servers, meter))

    @contextlib.contextmanager
    def during(self, trial: RunningTrial) -> Iterator[None]:
        """Note that the clients' life begins and ends."""
        self._fail("during")
        trial.event("the meter is on", label="meter")
        with beside(lambda: self._count(trial)):
            yield
        trial.event("the meter is off", label="meter")

    def _count(self, trial: RunningTrial) -> None:
        trial.await_clients()
        assert trial.plan is not None
        client = trial.plan.of_kind("client")[0]
        call = trial.agent(client.role, client.host).files.sample_rows([], 0.0)
        trial.memory["answers"] = len(list(trial.wait({call: client.host})))
        self.counted.set()
        if self.end is not None:
            trial.end_early(self.end)
        trial.sleep(1000)

    def evidence(self, trial: RunningTrial) -> Sequence[MachineEvidence | Doubt]:
        """What a test has it give."""
        self._fail("evidence")
        assert trial.outcome is None, "there is no verdict yet"
        assert trial.window_ns is not None, "the figures are known"
        return self.gives

    def findings(self, trial: RunningTrial) -> Findings:
        """How the trial ended."""
        self._fail("findings")
        assert trial.outcome is not None
        return Findings(
            columns={"meter.answers": trial.memory.get("answers"), "measured.throughput": -5},
            notes=[f"metered to its end: {trial.outcome.status.value}"],
            doubts=[] if trial.window_ns else ["nothing was metered in a measured window"],
            files={"meter_data/meter.txt": f"{trial.outcome.status.value}\n"},
        )

    def _fail(self, method: str) -> None:
        if self.raises == method:
            raise self.error or LookupError(f"no meter for {method}")
