"""Trials that are profiled, on fake machines: what their directory gets, and what is said of what is missing."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from fpray.node.messages import Failure
from fpray.profiles.findings import DOUBT
from fpray.profiles.instrument import Profiles
from fpray.profiles.stacks import read_stacks
from fpray.store.outcome import Outcome
from fpray.testing.fake_machines import FakeMachines
from fpray.trial.instruments import Instrument, RunningTrial
from tests.profiles.recordings import recording
from tests.support.trials import a_trial, clients_run_until, run

BOTH = {"server.jfr": recording("jdk17"), "client_0.jfr": recording("jdk25")}


class _Recordings(Instrument):
    """Writes what JVMs would have."""

    name = "recordings"

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def during(self, trial: RunningTrial) -> AbstractContextManager[None]:
        for name, content in self._files.items():
            trial.directory.file(name).parent.mkdir(parents=True, exist_ok=True)
            trial.directory.file(name).write_bytes(content)
        return nullcontext()


def _run(
    directory: Path, files: Mapping[str, bytes], *more: Instrument, crashes: bool = False, profiled: bool = True
) -> tuple[Outcome, Path]:
    """A trial, and its directory."""
    machines = FakeMachines()
    if crashes:
        machines.answers["wait_exit"] = lambda *_: Failure("exited", "server", "server exited with 1", 1)
    outcome = run(directory, machines, a_trial(profiled=profiled), instruments=[_Recordings(files), *more])
    return outcome, directory / "suite" / "001"


def test_a_trial_gets_stacks_and_flame_graphs_and_is_marked(tmp_path: Path) -> None:
    outcome, trial = _run(tmp_path, BOTH)
    assert outcome.status.value == "finished"
    assert DOUBT in outcome.doubts
    assert f"2 profiles: fpray profile {trial}" in outcome.notes
    for name in ("server_stacks.txt", "client_0_stacks.txt", "server_flame_graph.html", "client_flame_graph.html"):
        assert (trial / name).exists(), name
    assert (trial / "server_stacks.txt").read_text() == "", "the samples are of another time than its measured window"
    assert (trial / "server.jfr").read_bytes() == BOTH["server.jfr"]
    assert "of the measured window" in (trial / "server_flame_graph.html").read_text()


def test_a_trial_that_crashes_has_all_of_its_time(tmp_path: Path) -> None:
    outcome, trial = _run(tmp_path, BOTH, crashes=True)
    assert outcome.status.value == "crashed"
    stacks = read_stacks(trial / "server_stacks.txt")
    assert sum(count for stack, count in stacks.items() if "Busy.work" in stack) > 10
    assert "since the start of each process" in (trial / "server_flame_graph.html").read_text()


def test_what_a_jvm_that_was_killed_has_left_is_one_recording(tmp_path: Path) -> None:
    whole = recording("jdk17")
    files = {"server_jfr/2026_1/a.jfr": whole, "server_jfr/2026_1/b.jfr": whole, "server_jfr/2026_1/c.jfr": b""}
    _, trial = _run(tmp_path, {**files, "server.jfr": b"FLR"}, crashes=True)
    assert (trial / "server.jfr").read_bytes() == 2 * whole
    assert not (trial / "server_jfr").exists()


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    outcome, trial = _run(
        tmp_path, {"server.jfr": b"something else entirely, but as long as the header of a chunk, or longer"}
    )
    notes = [note for note in outcome.notes if "profile" in note]
    assert notes[0].startswith("there is no profile of server, because server.jfr cannot be read: ")
    assert notes[1].startswith("there is no profile of client_0, because its JVM has recorded nothing: ")
    assert "JDK 8u262" in notes[1]
    assert not list(trial.glob("*_flame_graph.html"))
    assert outcome.status.value == "finished", "a profile that is missing does not change how a trial ends"


def test_a_java_without_flight_recorder_is_named(tmp_path: Path) -> None:
    text = b"Error occurred during initialization of boot layer\nx.FindException: Module jdk.jfr not found\n"
    outcome, _ = _run(tmp_path, {"server_out.txt": text}, crashes=True)
    assert "recorded nothing: its Java has no module jdk.jfr" in " ".join(outcome.notes)


@pytest.mark.parametrize("files", [BOTH, {}])
def test_nothing_is_said_of_a_trial_that_is_not_profiled(tmp_path: Path, files: Mapping[str, bytes]) -> None:
    outcome, trial = _run(tmp_path, files, profiled=False)
    assert DOUBT not in outcome.doubts
    assert not [note for note in outcome.notes if "profile" in note]
    assert not [*trial.glob("*_stacks.txt"), *trial.glob("*.html"), *trial.glob("*.jfc")]


def test_async_profiler_is_loaded_into_each_jvm_and_a_refusal_is_said(tmp_path: Path) -> None:
    refused, both = set[str](), threading.Event()

    def load_agent(role: str, _host: str, labels: Sequence[str], *_: object) -> Mapping[str, str]:
        refused.add(role)
        if len(refused) == 2:
            both.set()
        return dict.fromkeys(labels, "it refused the profiler")

    machines = FakeMachines(load_agent=load_agent, wait_exit=clients_run_until(both))
    outcome = run(tmp_path, machines, a_trial(profiled=True), instruments=[Profiles("async=/opt/lib.so")])
    calls = {call[0]: call[3] for call in machines.calls if call[2] == "load_agent"}
    assert calls.keys() == {"server", "client"}
    labels, library, options = calls["server"]
    assert (labels, library) == (["server"], "/opt/lib.so")
    assert [option.split(",")[:2] for option in options["server"]] == [
        ["start", "event=cpu"],
        ["start", "event=itimer"],
    ]
    assert all(option.endswith("file=server.jfr") for option in options["server"])
    assert [note for note in outcome.notes if note.endswith("recorded nothing: it refused the profiler")]
