"""A process of a sweep is killed by SIGKILL: no JVM survives, no finished trial is lost, the same command continues."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.conftest import run, start, wait_for
from tests.driver.held import PATIENT, hold_clients
from tests.support.patience import LONG
from tests.support.processes import command_of, descendants, jvms, parent_of
from tests.support.suites import only_suite

pytestmark = [pytest.mark.slow, pytest.mark.ray, pytest.mark.jvm]


def _statuses(suite: Path) -> list[str]:
    return [json.loads(path.read_text())["status"] for path in sorted(suite.glob("*/outcome.json"))]


@pytest.mark.parametrize("victim", ["driver", "raylet", "actor", "supervisor", "jvm"])
def test_sigkill_leaves_no_jvm_and_loses_nothing(victim: str, tmp_path: Path) -> None:
    words = ["sweep", "unreplicated", *PATIENT, "--vary", "num_clients_per_proc=0", "--local"]
    process = start(*words, cwd=tmp_path)
    hold_clients(tmp_path)
    server = next(jvm for jvm in jvms(str(tmp_path)) if "ServerMain" in command_of(jvm))
    if victim == "driver":
        process.kill()
    elif victim == "jvm":
        server.kill()
    else:
        name = {"raylet": "raylet/raylet", "actor": "ray::RoleActor", "supervisor": "fpray/node/supervisor"}[victim]
        victims = [parent_of(server)] if victim == "supervisor" else descendants(process, name)
        assert victims
        victims[0].kill()
    if victim == "driver":
        process.communicate(timeout=LONG)
        wait_for(lambda: not jvms(str(tmp_path)), LONG, "no JVM after the driver's death")
        done = run(*words, cwd=tmp_path)
        assert done.code == 0, done.err
        assert _statuses(only_suite(tmp_path)) == ["finished"]
        return
    _, messages = process.communicate(timeout=LONG)
    assert "Traceback" not in messages, messages
    assert not jvms(str(tmp_path))
    if victim == "jvm":  # the system under test crashed: that is a result
        assert process.returncode == 1
        assert re.search(r"crashed: server was killed by signal 9 .*after \d", messages), messages
    else:  # infrastructure: the trial runs again by itself
        assert process.returncode == 0, messages
        assert "lost: " in messages
        assert (only_suite(tmp_path) / "001" / "attempts" / "1").is_dir()


def test_an_actor_that_lost_a_trial_which_does_not_run_again_serves_the_next_one(tmp_path: Path) -> None:
    """Neither the actor that is gone, nor the one that lives and may still have a process of that trial."""
    words = ["sweep", "unreplicated", *PATIENT, "--vary", "num_clients_per_proc=0,1", "--local", "--retries", "0"]
    process = start(*words, cwd=tmp_path)
    hold_clients(tmp_path)
    descendants(process, "ray::RoleActor")[0].kill()
    _, messages = process.communicate(timeout=LONG)
    assert "Traceback" not in messages, messages
    assert _statuses(only_suite(tmp_path)) == ["lost", "finished"], messages
