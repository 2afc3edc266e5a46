"""Faults in real trials: a server that is suspended and then killed by an instrument of another package."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.conftest import run
from tests.support.package import install_instruments
from tests.support.suites import only_suite

pytestmark = [pytest.mark.jvm, pytest.mark.ray]


def test_a_server_is_suspended_and_killed_in_mid_trial(ray_address: str, tmp_path: Path) -> None:
    """The trial is not lost, no machine is blamed, and the faults are in its timeline."""
    package = install_instruments(tmp_path / "site-packages", {"faults": "tests.support.faults:pause_and_kill"})
    path = os.pathsep.join([str(package), str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    words = ["--set", "warmup_duration=200ms", "--set", "warmup_timeout=60s", "--set", "duration=10s"]
    words += ["--set", "timeout=10s", "--instrument", "faults", "--retries", "0", "--vary", "num_client_procs=1"]
    done = run(
        "sweep", "unreplicated", *words, "--address", ray_address, "--json", cwd=tmp_path, env={"PYTHONPATH": path}
    )
    assert done.out, done.err
    (trial,) = [json.loads(line) for line in done.out.splitlines()]
    assert trial["status"] not in ("lost", "crashed", "interrupted", "failed"), trial
    assert (trial["reason"], trial["blamed"]) in [("none", []), ("system under test", [])]
    assert not [note for note in trial["notes"] if note.startswith("instrument")], trial["notes"]
    assert {end["label"]: end["returncode"] for end in trial["processes"]}["server"] == -9
    events = json.loads((only_suite(tmp_path) / trial["trial"] / "events.json").read_text())
    of_server = [e["detail"] for e in events if e["label"] == "server" and e["kind"] in ("signal", "exit")]
    assert of_server == ["was sent SIGSTOP", "was sent SIGCONT", "was sent SIGKILL", "returned -9, as expected"]
    steps = [event["detail"] for event in events]
    assert steps.index("measuring") < steps.index("was sent SIGKILL") < steps.index("collecting")
