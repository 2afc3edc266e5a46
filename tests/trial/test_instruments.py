"""An instrument of another package joins a trial: its plan, its clients' life, its early end, its outcome."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fpray.cluster.cancellation import Cancellation
from fpray.driver.instruments import find_instruments
from fpray.errors import Refused
from fpray.node.messages import Failure
from fpray.plan.cluster import Cluster
from fpray.plan.command_line import Paths
from fpray.plan.plan import build_plan
from fpray.store.outcome import Outcome, Status
from fpray.testing.fake_agent import FakeMachine
from fpray.testing.fake_machines import FakeMachines
from fpray.trial.extension import extend_for_show
from fpray.trial.instruments import Findings, Instrument
from fpray.trial.shield import NO_HARM
from tests.support.trials import a_trial, actor_gone, clients_run_until, run


@pytest.fixture
def meter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The meter, from a package that is installed beside fpray."""
    package = tmp_path / "site-packages"
    metadata = package / "meter-1.0.dist-info"
    metadata.mkdir(parents=True)
    shutil.copy(Path(__file__).parents[1] / "support" / "meter.py", package / "meter_of_another_package.py")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: meter\nVersion: 1.0\n")
    points = ["[fpray.instruments]", "meter = meter_of_another_package:Meter", "broken = meter_of_another_package:No"]
    (metadata / "entry_points.txt").write_text("\n".join(points) + "\n")
    monkeypatch.syspath_prepend(str(package))
    (instrument,) = find_instruments(["meter"])
    return instrument


def _trial_directory(directory: Path) -> Path:
    return directory / "suite" / "001"


def test_an_unknown_instrument_is_refused_with_the_nearest_name(meter: Instrument) -> None:
    with pytest.raises(Refused) as refused:
        find_instruments(["metre", "broken"])
    assert [problem.about for problem in refused.value.problems] == ["--instrument metre", "--instrument broken"]
    assert "did you mean meter?" in str(refused.value)
    names = str(refused.value).partition("installed: ")[2].partition("\n")[0].split(", ")
    assert {"broken", "meter"} <= set(names)
    assert "meter_of_another_package:No fails with AttributeError" in str(refused.value)


def test_it_extends_a_plan_purely(meter: Instrument) -> None:
    trial = a_trial()
    plan = build_plan(trial, Cluster(), paths=Paths())
    before = plan.to_json()
    extended, notes = extend_for_show(plan, trial, Cluster(), Paths(), [meter])
    second, _ = extend_for_show(plan, trial, Cluster(), Paths(), [meter])
    assert (notes, plan.to_json(), extended) == ([], before, second)
    server, client, sidecar = extended.processes
    assert server.argv[:2] == ("java", "-Dmetered=yes")
    assert client == plan.processes[1]
    ports = [port for process in plan.processes for port in process.endpoints.values()]
    assert (sidecar.label, sidecar.kind, sidecar.host) == ("meter", "sidecar", client.host)
    assert sidecar.port == max(ports) + 100
    assert extended.files["meter.conf"] == "every = 1s\n"


def test_it_joins_a_trial_that_finishes(meter: Any, tmp_path: Path) -> None:
    machines = FakeMachines(["a"], wait_exit=clients_run_until(meter.counted))
    plain = run(tmp_path / "plain", FakeMachines(["a"]))
    outcome = run(tmp_path, machines, instruments=[meter])
    assert (outcome.status, outcome.doubts) == (Status.FINISHED, [])
    assert outcome.results["meter.answers"] == 1
    assert outcome.results.keys() == {*plain.results, "meter.answers"}
    assert outcome.results["measured.throughput"] > 0, "its own columns are not an instrument's to change"
    assert outcome.notes == ["metered to its end: finished"]
    assert (_trial_directory(tmp_path) / "meter_data" / "meter.txt").read_text() == "finished\n"
    assert (_trial_directory(tmp_path) / "meter.conf").read_text() == "every = 1s\n"
    plan = json.loads((_trial_directory(tmp_path) / "plan.json").read_text())
    assert [process["label"] for process in plan["processes"]] == ["server", "client_0", "meter"]
    ports = [port for process in plan["processes"] for port in process["endpoints"].values()]
    assert len(set(ports)) == 3, "its port is as fresh as the others"
    assert machines.started().keys() == {"meter", "server", "client_0"}
    assert [role for role, _ in machines.called("start")] == ["meter", "server", "client"]
    stops = [role for role, _ in machines.called("stop")]
    assert stops == ["client", "server", "meter"]
    events = [event["detail"] for event in outcome.events]
    on, off = events.index("the meter is on"), events.index("the meter is off")
    assert events.index("starting clients") > on
    assert events.index("measuring") < off < events.index("collecting")


def test_one_that_stays_out_changes_nothing(tmp_path: Path) -> None:
    class Quiet(Instrument):
        name = "quiet"

    plain = run(tmp_path / "plain", FakeMachines(["a"]))
    outcome = run(tmp_path / "quiet", FakeMachines(["a"]), instruments=[Quiet()])
    assert (outcome.status, outcome.results.keys(), outcome.notes) == (plain.status, plain.results.keys(), [])
    assert outcome.phases.keys() == plain.phases.keys()


def test_it_ends_a_trial_early_with_its_reason(meter: Any, tmp_path: Path) -> None:
    meter.end = "the meter is full"
    machines = FakeMachines(["a"], wait_exit=lambda *_: Future())
    outcome = run(tmp_path, machines, instruments=[meter])
    assert (outcome.status, outcome.detail) == (Status.STOPPED_EARLY, "the meter is full")
    assert outcome.results["measured.throughput"] > 0, "what was measured until then"
    assert outcome.notes == ["metered to its end: stopped-early"]
    assert {end.label: end.returncode for end in outcome.processes} == {"meter": 143, "server": 143, "client_0": 0}


def _crashed(**_: Any) -> dict[str, Any]:
    def wait_exit(role: str, _host: str, labels: list[str], _deadline_s: float | None) -> Any:
        return Failure("exited", labels[0], "server exited with 1") if role == "server" else Future()

    return {"wait_exit": wait_exit}


def _lost(**_: Any) -> dict[str, Any]:
    return {"wait_exit": actor_gone}


def _interrupted(cancellation: Cancellation) -> dict[str, Any]:
    def wait_exit(*_: object) -> Any:
        cancellation.cancel()
        return Future()

    return {"wait_exit": wait_exit}


def _never_began(**_: Any) -> dict[str, Any]:
    return {"inspect": actor_gone}


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        (_crashed, Status.CRASHED),
        pytest.param(_lost, Status.LOST, marks=pytest.mark.ray),
        (_interrupted, Status.INTERRUPTED),
        pytest.param(_never_began, Status.LOST, marks=pytest.mark.ray),
    ],
)
def test_it_gives_its_findings_at_every_ending(
    answers: Callable[..., dict[str, Any]], status: Status, meter: Any, tmp_path: Path
) -> None:
    cancellation = Cancellation()
    machines = FakeMachines(["a"], **answers(cancellation=cancellation))
    outcome = run(tmp_path, machines, instruments=[meter], cancellation=cancellation)
    assert outcome.status is status
    assert outcome.notes == [f"metered to its end: {status.value}"]
    assert outcome.doubts == ["nothing was metered in a measured window"]
    assert "meter.answers" in outcome.results
    assert (_trial_directory(tmp_path) / "meter_data" / "meter.txt").read_text() == f"{status.value}\n"


@pytest.mark.parametrize("method", ["extend", "during", "evidence", "findings"])
def test_what_it_raises_is_a_note_and_the_trial_goes_on(method: str, meter: Any, tmp_path: Path) -> None:
    meter.raises = method
    outcome = run(tmp_path, FakeMachines(["a"]), instruments=[meter])
    assert outcome.status is Status.FINISHED
    note = f"instrument meter: its Python method {method}() failed with LookupError: no meter for {method} {NO_HARM}"
    assert [line for line in outcome.notes if line.startswith("instrument")] == [note]
    assert outcome.results["measured.throughput"] > 0
    assert ("meter.answers" in outcome.results) == (method != "findings"), "its other methods are called"


class _Bad(Instrument):
    """An instrument with findings that cannot be kept."""

    name = "bad"

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def findings(self, _trial: object) -> Findings:
        return self._findings


_NEW = "choose a new, relative name without .."


@pytest.mark.parametrize(
    ("findings", "note"),
    [
        (
            Findings(columns={"x": object()}),
            (
                "ValueError: the value of column x is of type object. Return an int, a float, a str or None from the"
                " method `findings` of the instrument"
            ),
        ),
        (Findings(notes=[1]), "ValueError: 1 is not a string. Return each column name, note and doubt as a string"),  # type: ignore[list-item]
        (
            Findings(files={"../x": ""}),
            f"ValueError: the file ../x cannot be written, because it is outside the trial's directory: {_NEW}",
        ),
        (
            Findings(files={"/tmp/x": ""}),
            f"ValueError: the file /tmp/x cannot be written, because it is outside the trial's directory: {_NEW}",
        ),
        (
            Findings(files={"plan.json": ""}),
            f"ValueError: the file plan.json cannot be written, because a file of that name exists: {_NEW}",
        ),
    ],
)
def test_findings_that_cannot_be_kept_are_a_note(findings: Findings, note: str, tmp_path: Path) -> None:
    outcome = run(tmp_path, FakeMachines(["a"]), instruments=[_Bad(findings)])
    assert (outcome.status, outcome.notes) == (
        Status.FINISHED,
        [f"instrument bad: its Python method findings() failed with {note} {NO_HARM}"],
    )


def test_an_extension_that_moves_or_drops_a_process_is_not_taken(tmp_path: Path) -> None:
    class Mover(Instrument):
        name = "mover"

        def extend(self, plan: Any, _site: object) -> Any:
            return replace(plan, processes=[replace(p, host="elsewhere") for p in plan.processes])

    outcome = run(tmp_path, FakeMachines(["a"]), instruments=[Mover()])
    assert outcome.status is Status.FINISHED
    assert outcome.notes[0].startswith(
        "instrument mover: its Python method extend() failed with ValueError: the plan that extend() returns lacks "
    )


def test_a_sidecar_that_fails_is_a_note(meter: Any, tmp_path: Path) -> None:
    def start(role: str, _host: str, specs: list[Any], ready_s: float) -> Any:
        if role == "meter":
            return Failure("exited", "meter", "meter exited with 1")
        return machines.fake(role, "a").running.start(specs, ready_s)

    machines = FakeMachines(["a"], start=start)
    outcome = run(tmp_path, machines, instruments=[meter])
    assert outcome.status is Status.FINISHED
    assert outcome.notes[0] == (
        "meter, a process of an instrument, failed: meter exited with 1, see meter_err.txt in the directory of the"
        " trial (the trial's numbers are not affected)"
    )


def test_a_sidecar_that_exits_under_way_is_a_note(meter: Any, tmp_path: Path) -> None:
    def stop(role: str, host: str, labels: list[str], grace_s: float) -> Any:
        exits = machines.fake(role, host).running.stop(labels, grace_s)
        return {label: replace(e, returncode=1, stopped=False) if role == "meter" else e for label, e in exits.items()}

    machines = FakeMachines(["a"], stop=stop)
    outcome = run(tmp_path, machines, instruments=[meter])
    assert outcome.status is Status.FINISHED
    exited = "meter, a process of an instrument, exited with 1 before the end of the trial: the data of this"
    assert outcome.notes[0].startswith(exited)


def test_its_process_may_run_where_nothing_is_measured(meter: Any, tmp_path: Path) -> None:
    meter.spare = True
    machines = FakeMachines(["a", "head"])
    outcome = run(tmp_path, machines, measuring=["a"], instruments=[meter])
    assert outcome.status is Status.FINISHED
    assert machines.started()["meter"].host == "head"
    assert ("meter", "head") in machines.called("inspect")
    assert {host for _, host in machines.called("lock")} == {"a"}, "it measures nothing, so it locks nothing"
    assert ("meter", "head") in machines.called("unlock"), "its directory there is released"


@pytest.mark.ray
@pytest.mark.parametrize("call", ["inspect", "start"])
def test_a_spare_machine_that_is_gone_is_a_note(call: str, meter: Any, tmp_path: Path) -> None:
    def gone(role: str, host: str, *arguments: Any) -> Any:
        service = FakeMachine({}) if call == "inspect" else machines.fake(role, host).running
        return actor_gone() if host == "head" else getattr(service, call)(*arguments)

    meter.spare = True
    machines = FakeMachines(["a", "head"])
    machines.answers[call] = gone
    outcome: Outcome = run(tmp_path, machines, measuring=["a"], instruments=[meter])
    assert outcome.status is Status.FINISHED
    assert "(a Ray actor) does not answer: " in outcome.notes[0]
