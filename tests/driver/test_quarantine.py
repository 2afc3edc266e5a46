"""Machines that fail, or measure less than others, are quarantined."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome, Reason, Status
from fpray.testing.fake_machines import FakeMachines
from tests.conftest import wait_for
from tests.support.patience import LONG
from tests.support.sweeps import finished, run_on, statuses

pytestmark = pytest.mark.heavy


def test_a_machine_that_fails_again_and_again_is_quarantined_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fpray.cluster.allocator.BRIEF_QUARANTINE_S", 0.0)
    monkeypatch.setattr("fpray.cluster.allocator.LONG_QUARANTINE_S", 0.0)
    all_hosts: list[str] = []

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        all_hosts.extend(hosts)
        if "b" in hosts:
            return Outcome(Status.LOST, "its disk is gone", Reason.INFRASTRUCTURE, hosts=hosts, blamed=["b"])
        wait_for(lambda: all_hosts.count("b") >= 2, LONG, "the second failure of b")
        return finished(trial, hosts)

    result = run_on(FakeMachines(["a", "b", "c"]), play, tmp_path, loops=12, retries=5)
    assert statuses(result) == ["finished"] * 12
    assert all_hosts.count("b") == 2
    output = capsys.readouterr().err
    assert output.count("machine b is set aside, because it failed 2 times in a row: its") == 1
    (run,) = json.loads((result.suite / "suite.json").read_text())["runs"]
    assert run["set_aside"].keys() == {"b"}


def test_a_quarantined_machine_is_used_where_no_other_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fpray.cluster.allocator.BRIEF_QUARANTINE_S", 0.0)
    monkeypatch.setattr("fpray.cluster.allocator.LONG_QUARANTINE_S", 0.0)
    lost: list[str] = []

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        if len(lost) < 6:
            lost.extend(hosts)
            return Outcome(Status.LOST, "no cable", Reason.INFRASTRUCTURE, hosts=hosts, blamed=hosts)
        return finished(trial, hosts)

    result = run_on(FakeMachines(["a", "b"]), play, tmp_path, loops=3, retries=9)
    assert (set(lost), statuses(result)) == ({"a", "b"}, ["finished"] * 3)


@pytest.mark.parametrize(("share", "ends"), [(0.5, "quarantined"), (0.85, "in doubt"), (0.97, "")])
def test_a_machine_that_measures_less_than_others_is_doubted_and_where_it_is_clear_quarantined(
    share: float, ends: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its neighbours differ by up to 4 %, which is no reason to doubt one of them."""
    noise = random.Random(7)

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        time.sleep(0.01)
        value = 1000 * (1 + trial.params.num_clients_per_proc) * noise.uniform(0.96, 1) * (share if "b" in hosts else 1)
        return Outcome(Status.FINISHED, hosts=hosts, results={"measured.throughput": value})

    result = run_on(FakeMachines(["a", "b", "c"]), play, tmp_path, loops=12, repeat=6, order="random")
    output = capsys.readouterr().err
    doubt = "doubt about the numbers of machine b: trials on this machine reach only 8"
    assert (doubt in output) == (ends == "in doubt")
    (run,) = json.loads((result.suite / "suite.json").read_text())["runs"]
    quarantined = run.get("set_aside", {})
    assert ("doubted" in run) == (ends == "in doubt")
    is_reported = "machine b is set aside" in output
    assert (set(quarantined), is_reported) == (
        {"b"} if ends == "quarantined" else set(),
        bool(quarantined),
    )
    hosts = [host for _, one in sorted(result.outcomes.items()) for host in one.hosts]  # as the trials began
    assert ("b" not in hosts[-10:]) if quarantined else ("b" in hosts[-30:])
    assert "machine a " not in output
    assert "machine c " not in output
