"""What a sweep does about trials and machines that fail: the real loop, store and slices, on machines that are none.

What fails there on real ones is in tests/driver/test_faults.py.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from fpray.cluster.allocator import Allocator
from fpray.cluster.nodes import Machine
from fpray.cluster.session import Machines
from fpray.driver.check import check_sweep
from fpray.driver.result import SweepResult
from fpray.driver.session import Backend
from fpray.driver.sweep import run_sweep
from fpray.errors import Refused, refuse
from fpray.node.role_actor import RoleActor
from fpray.plan.placement import place
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome, Reason, Status
from fpray.store.trial_directory import TrialDirectory
from fpray.testing.fake_machines import FakeMachines
from fpray.trial.context import TrialContext
from tests.conftest import cli

Play = Callable[[Trial[Any], Sequence[str]], Outcome]


def ran(
    machines: FakeMachines, play: Play, directory: Path, *, loops: int = 6, repeat: int = 1, **more: Any
) -> SweepResult:
    """A sweep of so many points, each of which ends as `play` says of the trial and its machines."""

    def run(trial: Trial[Any], directory: TrialDirectory, setting: TrialContext) -> Outcome:
        directory.begin(trial, {})
        placed = place(trial.protocol, trial.params, setting.cluster)
        return play(trial, list(dict.fromkeys(each.host for each in placed)))

    options = {"vary": {"num_clients_per_proc": list(range(loops))}, "repeat": repeat, "jar": "reference"}
    options |= {"order": "grid", "suite_directory": directory / "suites", **more}
    return run_sweep(check_sweep("unreplicated", options), backend=Backend(lambda _address, _local: machines, run))


def finished(_trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
    return Outcome(Status.FINISHED, hosts=hosts)


def crashed(_trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
    return Outcome(Status.CRASHED, "server exited with 1", Reason.SYSTEM_UNDER_TEST, hosts=hosts)


def _statuses(result: SweepResult) -> list[str]:
    return [result.outcomes[number].status.value for number in sorted(result.outcomes)]


def _attempts(result: SweepResult) -> list[int]:
    return [len(list(path.glob("attempts/*"))) for path in sorted(result.suite.glob("[0-9]*"))]


@pytest.mark.parametrize("retries", [None, 0, 1])
def test_the_reason_decides_on_a_retry(retries: int | None, tmp_path: Path) -> None:
    """What was lost runs again so often; a crash and a bad parameter never do."""
    reasons = [Reason.INFRASTRUCTURE, Reason.SYSTEM_UNDER_TEST, Reason.PARAMETER]

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        reason = reasons[trial.params.num_clients_per_proc]
        return Outcome(Status.LOST if reason is Reason.INFRASTRUCTURE else Status.CRASHED, "gone", reason, hosts=hosts)

    result = ran(FakeMachines(["a"]), play, tmp_path, loops=3, retries=retries)
    assert _statuses(result) == ["lost", "crashed", "crashed"]
    assert _attempts(result) == [2 if retries is None else retries, 0, 0]


def test_a_sweep_in_which_most_trials_fail_stops_and_the_same_command_carries_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machines = FakeMachines(["a"])
    first = ran(machines, crashed, tmp_path, loops=12)
    said = capsys.readouterr().err
    assert (_statuses(first), first.exit_code) == (["crashed"] * 5, 1)
    assert (
        "5 of 5 trials failed, the last 5 in a row; the first: 001 crashed: server exited with 1: no further trials are"
        " started (--keep-going to continue)"
    ) in said
    assert "the same command carries on with the other 7, with --rerun failed also with these" in said
    again = ran(machines, finished, tmp_path, loops=12)
    assert (again.suite, _statuses(again)) == (first.suite, ["crashed"] * 5 + ["finished"] * 7)
    whatever = ran(machines, crashed, tmp_path, loops=12, keep_going=True, new=True)
    assert _statuses(whatever) == ["crashed"] * 12


def test_a_sweep_goes_on_while_some_trials_are_results(tmp_path: Path) -> None:
    """The upper half of a grid fails: that is a result, and half is not most."""

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        return (finished if trial.params.num_clients_per_proc < 6 else crashed)(trial, hosts)

    assert _statuses(ran(FakeMachines(["a"]), play, tmp_path, loops=12)) == ["finished"] * 6 + ["crashed"] * 6


def test_a_disk_that_is_full_between_trials_is_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fpray.driver.loop.SPACE_CHECK_S", 0.01)
    tries: list[str] = []
    identify = TrialDirectory.identify

    def full(self: TrialDirectory, trial: Trial[Any], provenance: Mapping[str, Any]) -> None:
        if self.number == "002" and len(tries) < 3:
            tries.append(self.number)
            raise OSError(28, "No space left on device", str(self.path))
        identify(self, trial, provenance)

    monkeypatch.setattr(TrialDirectory, "identify", full)
    assert _statuses(ran(FakeMachines(["a"]), finished, tmp_path, loops=3)) == ["finished"] * 3
    assert capsys.readouterr().err.count("waiting for disk space: No space left on device at ") == 1


def test_what_is_refused_before_there_are_machines_leaves_no_suite(tmp_path: Path) -> None:
    def refused(_address: str | None, _local: bool) -> Machines:
        raise refuse("--address", "this Python is connected to another Ray")

    experiment = check_sweep("unreplicated", {"suite_directory": tmp_path, "jar": "reference"})
    with pytest.raises(Refused):
        run_sweep(experiment, backend=Backend(refused))
    assert list(tmp_path.iterdir()) == []


def test_words_that_cannot_be_are_refused() -> None:
    done = cli("sweep", "unreplicated", "--retries", "-1", "--local")
    assert (done.exit_code, "--retries -1" in done.stderr) == (2, True)


def test_a_machine_that_joins_is_used_and_one_that_is_drained_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fpray.cluster.discovery._POLL_S", 0.0)
    machines, used = FakeMachines(["a", "b"]), []

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        number = trial.params.num_clients_per_proc
        used.append(hosts)
        if number == 1:
            machines.living |= {host: Machine(host, host, cores, {}) for host, cores in (("c", 4), ("d", 4), ("e", 8))}
        if number == 4:
            machines.living["b"] = Machine("b", "b", 4, {}, draining=True)
        time.sleep(0.1)  # whoever has joined says in a thread of its own what it is
        return finished(trial, hosts)

    result = ran(machines, play, tmp_path, loops=16)
    said = capsys.readouterr().err
    assert _statuses(result) == ["finished"] * 16
    assert {host for hosts in used for host in hosts} == {"a", "b", "c", "d"}, "another kind stands in for nobody"
    assert not any("b" in hosts for hosts in used[-6:])
    assert "machine c has joined: trials run there, too" in said
    assert "machine e has joined and is not used: it cannot replace any machine, by pools, region and cores" in said
    machines = json.loads((result.suite / "suite.json").read_text())["runs"][0]["machines"]
    assert {"a", "b", "c", "d"} <= machines.keys()


def test_who_joins_takes_the_place_of_one_of_its_pool_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fpray.cluster.discovery._POLL_S", 0.0)
    monkeypatch.setattr("fpray.driver.executor._LOOK_S", 0.1)
    monkeypatch.setattr("fpray.driver.line.PATIENCE_S", 1.0)
    machines = FakeMachines(())

    def node(host: str, pool: str) -> Machine:
        return Machine(host, host, 4, {"fpray/pool": pool})

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        if trial.params.num_clients_per_proc == 1:
            del machines.living["b"]
            threading.Timer(0.2, lambda: machines.living.update(c=node("c", "server"))).start()
        return finished(trial, hosts)

    machines.living = {"a": node("a", "clients"), "b": node("b", "server")}
    result = ran(machines, play, tmp_path, loops=4)
    assert _statuses(result) == ["finished"] * 4
    assert set(result.outcomes["004"].hosts) == {"a", "c"}


def test_a_machine_that_joins_a_sweep_on_one_machine_without_a_jar_does_not_end_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fpray.cluster.discovery._POLL_S", 0.0)
    machines = FakeMachines(["a"])

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        machines.living["b"] = Machine("b", "b", 4, {})
        time.sleep(0.1)
        return finished(trial, hosts)

    result = ran(machines, play, tmp_path, loops=4, jar=None)
    assert _statuses(result) == ["finished"] * 4
    assert "machine b has joined and is not used: -j/--jar is required on a cluster of s" in capsys.readouterr().err


def test_machines_that_are_gone_are_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cloud replaces one that was taken away in some minutes; where nobody comes, what is left is lost."""
    monkeypatch.setattr("fpray.cluster.discovery._POLL_S", 0.0)
    monkeypatch.setattr("fpray.driver.executor._LOOK_S", 0.1)
    monkeypatch.setattr("fpray.driver.line.PATIENCE_S", 1.0)
    machines = FakeMachines(["a"])

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        number = trial.params.num_clients_per_proc
        if number in (1, 3):
            machines.living.clear()
        if number == 1:
            threading.Timer(0.3, lambda: machines.living.update(b=Machine("b", "b", 4, {}))).start()
        return finished(trial, hosts)

    result = ran(machines, play, tmp_path, loops=6)
    assert _statuses(result) == ["finished"] * 4 + ["lost"] * 2
    lost = result.outcomes["005"].detail
    assert lost == "it needs 1 of the machines a, b, and none of them is left in the Ray cluster"


@pytest.mark.timeout(60)
def test_a_rest_that_ends_while_it_is_looked_at_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fpray.cluster.allocator.BACKOFF_S", 0.2)
    monkeypatch.setattr("fpray.driver.executor._LOOK_S", 0.1)
    missing = Allocator.shortage

    def slowly(self: Allocator, trial: Trial[Any]) -> str | None:
        time.sleep(0.3)
        return missing(self, trial)

    monkeypatch.setattr(Allocator, "shortage", slowly)
    lost: list[str] = []

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        if len(lost) < 2:
            lost.extend(hosts)
            return Outcome(Status.LOST, "no cable", Reason.INFRASTRUCTURE, hosts=hosts)
        return finished(trial, hosts)

    assert _statuses(ran(FakeMachines(["a", "b"]), play, tmp_path, loops=1)) == ["finished"]


def test_a_machine_that_fails_again_and_again_is_set_aside_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fpray.cluster.allocator.BACKOFF_S", 0.0)
    used: list[str] = []

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        used.extend(hosts)
        if "b" in hosts:
            return Outcome(Status.LOST, "its disk is gone", Reason.INFRASTRUCTURE, hosts=hosts, blamed=["b"])
        time.sleep(0.02)
        return finished(trial, hosts)

    result = ran(FakeMachines(["a", "b", "c"]), play, tmp_path, loops=12, retries=5)
    assert _statuses(result) == ["finished"] * 12
    assert used.count("b") == 2
    said = capsys.readouterr().err
    assert said.count("machine b is set aside while there are others of its kind: it failed 2 times in a row: its") == 1
    (run,) = json.loads((result.suite / "suite.json").read_text())["runs"]
    assert run["set_aside"].keys() == {"b"}


def test_one_that_is_set_aside_is_used_where_nobody_else_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fpray.cluster.allocator.BACKOFF_S", 0.0)
    lost: list[str] = []

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        if len(lost) < 6:
            lost.extend(hosts)
            return Outcome(Status.LOST, "no cable", Reason.INFRASTRUCTURE, hosts=hosts, blamed=hosts)
        return finished(trial, hosts)

    result = ran(FakeMachines(["a", "b"]), play, tmp_path, loops=3, retries=9)
    assert (set(lost), _statuses(result)) == ({"a", "b"}, ["finished"] * 3)


def _piloted(directory: Path, loops: int, bad: Callable[[Any], bool], **more: Any) -> tuple[SweepResult, list[Any]]:
    """A sweep of a grid of two dimensions with a pilot, and the params of what ran, in order."""
    seen: list[Any] = []

    def run(trial: Trial[Any], directory: TrialDirectory, setting: TrialContext) -> Outcome:
        directory.begin(trial, {})
        seen.append(trial.params)
        return (crashed if bad(trial.params) else finished)(trial, [])

    vary = {"num_clients_per_proc": list(range(loops)), "num_client_procs": [1, 2, 3]}
    options = {"vary": vary, "set": {"duration": "7s", "timeout": "60s"}, "repeat": 2, "jar": "reference"}
    options |= {"order": "grid", "suite_directory": directory / "suites", **more}
    backend = Backend(lambda _address, _local: FakeMachines(["a"]), run)
    return run_sweep(check_sweep("unreplicated", options), backend=backend), seen


def test_a_pilot_runs_the_corners_short_and_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result, seen = _piloted(tmp_path, 4, lambda _: False, pilot=True)
    at = [(p.num_clients_per_proc, p.num_client_procs, p.duration.total_seconds()) for p in seen[:4]]
    assert at == [(0, 1, 2.0), (0, 3, 2.0), (3, 1, 2.0), (3, 3, 2.0)]
    assert {p.duration.total_seconds() for p in seen[4:]} == {7.0}
    assert (len(seen), _statuses(result)) == (4 + 24, ["finished"] * 24)
    assert len(list((result.suite / "pilot").glob("[0-9]*/outcome.json"))) == 4
    assert len((result.suite / "results.csv").read_text().splitlines()) == 1 + 24, "a pilot is no result"
    assert "pilot: all 4 corners of the grid run" in capsys.readouterr().err


def test_a_corner_that_fails_stops_before_the_sweep(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result, seen = _piloted(tmp_path, 4, lambda p: p.num_clients_per_proc == 3, pilot=True)
    said = capsys.readouterr().err
    assert (len(seen), result.exit_code, result.outcomes) == (4, 1, {})
    assert "pilot: 2 of 4 corners of the grid fail:" in said
    assert "  num_client_procs=1 num_clients_per_proc=3: crashed: server exited with 1" in said
    assert "the sweep was not begun" in said
    again, seen = _piloted(tmp_path, 4, lambda _: False, pilot=True)
    assert (again.suite, again.exit_code) == (result.suite, 0)
    assert len(seen) == 2 + 24, "what failed runs again, then the grid"


def test_keep_going_begins_the_sweep_whatever_the_pilot_says(tmp_path: Path) -> None:
    result, seen = _piloted(tmp_path, 2, lambda p: p.num_clients_per_proc == 1, pilot=True, keep_going=True)
    assert (len(seen), _statuses(result).count("finished")) == (4 + 12, 6)


@pytest.mark.parametrize(("share", "ends"), [(0.5, "set aside"), (0.85, "in doubt"), (0.97, "")])
def test_a_machine_that_measures_less_than_others_is_doubted_and_where_it_is_clear_set_aside(
    share: float, ends: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its neighbours differ by up to 4 %, which nobody holds against them."""
    noise = random.Random(7)
    used: list[str] = []

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        time.sleep(0.01)
        used.extend(hosts)
        value = 1000 * (1 + trial.params.num_clients_per_proc) * noise.uniform(0.96, 1) * (share if "b" in hosts else 1)
        return Outcome(Status.FINISHED, hosts=hosts, results={"measured.throughput": value})

    result = ran(FakeMachines(["a", "b", "c"]), play, tmp_path, loops=12, repeat=6, order="random")
    said = capsys.readouterr().err
    assert ("doubt: at each of 6 points machine b measured less than any other, 8" in said) == (ends == "in doubt")
    (run,) = json.loads((result.suite / "suite.json").read_text())["runs"]
    aside = run.get("set_aside", {})
    assert ("doubted" in run) == (ends == "in doubt")
    assert (set(aside), "machine b is set aside" in said) == ({"b"} if ends == "set aside" else set(), bool(aside))
    assert ("b" not in used[-10:]) == bool(aside)
    assert "machine a" not in said
    assert "machine c" not in said


def test_what_an_ended_driver_left_behind_is_ended_where_nobody_measures_too() -> None:
    """Machines are cleaned when a sweep begins, and when they join, not only those that a trial is about to use."""
    marks = {"FPRAY_DRIVER": "ended", "FPRAY_SUPERVISOR": "1:1", "FPRAY_CHILD": "1"}
    orphan = subprocess.Popen(["sleep", "1000"], env=marks)
    stranger = subprocess.Popen(["sleep", "1000"])
    actor = RoleActor("test", "127.0.0.1:1", None)
    try:
        assert f"sleep 1000 (process {orphan.pid})" in actor.call("machine", "facts", "java")["left_behind"]
        assert orphan.wait(5) == -signal.SIGKILL
        assert stranger.poll() is None
    finally:
        actor.close()
        stranger.kill()
        stranger.wait()
        orphan.kill()
