"""A real sweep with `-p`: recordings, stacks and flame graphs of every process, whatever becomes of the trial."""

from __future__ import annotations

from pathlib import Path

import pytest

from fpray.profiles.findings import DOUBT
from fpray.profiles.jfr.samples import read_samples
from tests.conftest import OVERLAPPING, QUICK, run
from tests.support.suites import only_suite, outcome

pytestmark = [pytest.mark.jvm, pytest.mark.ray]


def test_every_process_has_a_profile_of_the_measured_window(ray_address: str, tmp_path: Path) -> None:
    words = ("sweep", "unreplicated", "-p", "--only", "1", *OVERLAPPING, "--address", ray_address)
    done = run(*words, cwd=tmp_path)
    assert done.code == 0, done.err
    suite = only_suite(tmp_path)
    end = outcome(suite)
    assert end["status"] == "finished"
    assert DOUBT in end["doubts"]
    assert [note for note in end["notes"] if note.startswith("2 profiles: fpray profile ")]
    for label, role in (("server", "server"), ("client_0", "client")):
        # On a busy machine a JVM may not come to sample in the window: what is sure is that it waited for messages.
        names = {name for sample in read_samples(suite / "001" / f"{label}.jfr") for name in sample.frames}
        assert any(name.startswith("frankenpaxos.unreplicated.") for name in names), names
        assert (suite / "001" / f"{label}_stacks.txt").exists()
        assert (suite / "001" / f"{role}_flame_graph.html").stat().st_size > 5000
        assert (suite / "001" / f"{label}.jfr").stat().st_size > 5000
        assert not (suite / "001" / f"{label}_jfr").exists()
    top = run("profile", f"{suite}/001", "server", cwd=tmp_path)
    assert (top.code, "server of " in top.out) == (0, True), top.err
    against = run("profile", f"{suite}/001", "--against", f"{suite}/001", cwd=tmp_path)
    assert (against.code, "server: " in against.out, " against " in against.out) == (0, True, True), against.err


def test_a_trial_that_crashes_keeps_what_there_is(ray_address: str, tmp_path: Path) -> None:
    words = ("--set", "profiled=true", "--set", "jvm_heap_size=2m", "--only", "1", *QUICK, "--address", ray_address)
    done = run("sweep", "unreplicated", *words, cwd=tmp_path)
    assert done.code == 1
    end = outcome(only_suite(tmp_path))
    assert end["status"] == "crashed"
    assert "there is no profile of server, because its JVM has recorded nothing" in " ".join(end["notes"])
