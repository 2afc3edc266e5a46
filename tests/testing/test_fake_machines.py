"""Fake machines behave as real ones do where a test looks: waits end, processes stop, what is lost says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from fpray.errors import Lost
from fpray.node.messages import ProcessSpec
from fpray.testing.fake_machines import FakeMachines
from tests.support.patience import LONG

SERVER = ProcessSpec("server", ("true",), "/nowhere")


def test_a_server_runs_until_it_is_stopped_and_a_client_records_and_exits(tmp_path: Path) -> None:
    machines = FakeMachines()
    server, client = machines.agent("server", "a"), machines.agent("client", "a")
    spec = ProcessSpec("client_0", ("true",), str(tmp_path), expected_exits=(0,), brief=True)
    assert server.processes.start([SERVER], 30).future().result() is None
    assert client.processes.start([spec], 30).future().result() is None
    assert client.processes.wait_exit(["client_0"], LONG).future().result() is None
    rows = client.files.read_client(str(tmp_path / "client_0_data.csv"), "client_0").future().result()
    assert rows.error is None
    watching = server.processes.wait_exit(["server"], None).future()
    assert not watching.done()
    exits = server.processes.stop(["server"], 5).future().result()
    assert (exits["server"].returncode, exits["server"].stopped) == (143, True)
    failure = watching.result()
    assert failure is not None
    assert failure.kind == "stopped"
    assert machines.called("start") == [("server", "a"), ("client", "a")]
    assert machines.started().keys() == {"server", "client_0"}


def test_a_process_ends_when_a_test_says_so() -> None:
    machines = FakeMachines()
    processes = machines.agent("server", "a").processes
    processes.start([SERVER], 30)
    watching = processes.wait_exit(["server"], None).future()
    machines.end("server", 3)
    failure = watching.result()
    assert failure is not None
    assert (failure.kind, failure.returncode, failure.detail) == ("exited", 3, "server exited with 3")


@pytest.mark.parametrize("role", [None, "server"])
def test_what_is_lost_answers_no_call(role: str | None) -> None:
    machines = FakeMachines(["a", "b"])
    server, client = machines.agent("server", "b"), machines.agent("client", "b")
    server.processes.start([SERVER], 30)
    watching = server.processes.wait_exit(["server"], None).future()
    machines.lose("b", role)
    for call in (watching, server.machine.wake().future()):
        with pytest.raises(Lost) as lost:
            call.result()
        assert lost.value.hosts == ("b",)
    assert (client.machine.wake().future().exception() is None) == (role is not None)
    assert list(machines.by_host()) == (["a"] if role is None else ["a", "b"])
    if role is None:
        with pytest.raises(Lost, match="machine b has left the Ray cluster"):
            machines.agent("server", "b")


def test_an_answer_can_be_scripted() -> None:
    machines = FakeMachines(["a"], lock=lambda _role, host, holder, _shared: f"{holder} on {host}")
    assert machines.agent("server", "a").machine.lock("another sweep", False).future().result() == "another sweep on a"
