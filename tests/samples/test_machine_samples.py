"""The samples of a trial: one table of what its agents have read, at each ending that has some."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from fpray.cluster.cancellation import Cancellation
from fpray.driver.instruments import usual_instruments
from fpray.errors import Lost
from fpray.files.layout import MACHINES
from fpray.node.messages import Failure
from fpray.node.sampling.rows import Samples
from fpray.samples import table
from fpray.samples.schema import SCHEMA
from fpray.store.outcome import Outcome, Status
from fpray.testing.fake_machines import FakeMachines
from fpray.trial.shield import NO_HARM
from tests.support.trials import a_trial, ended, run


def _read_by(labels: list[str], *, machine: bool) -> Samples:
    """Two seconds of some processes."""
    samples = Samples()
    for second in (1, 2):
        if machine:
            samples.add(
                {"time": second * 10**9, "seconds": 1.0, "cpu": 1.5, "cores": 2, "received": 5, "memory": 2**40}
            )
        for label in labels:
            row: dict[str, Any] = {
                "label": label,
                "cpu": 0.5 * second,
                "thread": f"loop of {label}",
                "thread_busy": 0.25,
                "threads": 25,
            }
            samples.add({"time": second * 10**9, "seconds": 1.0, **row})
    return samples


class Agents:
    """Agents that sample, and a trial that ends when all of them do.

    Attributes:
        began: (role, host) -> the labels, and whether the machine is sampled.
    """

    def __init__(self, number: int, hosts: tuple[str, ...] = ("a",), **answers: Any) -> None:
        self.began: dict[tuple[str, str], tuple[list[str], bool]] = {}
        self._number, self._all = number, threading.Event()
        usual = {"sample": self._sample, "samples": self._samples, "wait_exit": self._wait_exit}
        self.machines = FakeMachines(hosts, **{**usual, **answers})

    def _sample(self, role: str, host: str, labels: list[str], machine: bool) -> None:
        self.began[role, host] = (labels, machine)
        if len(self.began) == self._number:
            self._all.set()

    def _samples(self, role: str, host: str) -> Samples:
        labels, machine = self.began[role, host]
        return _read_by(labels, machine=machine)

    def _wait_exit(self, role: str, *_: object) -> Future[None]:
        return ended(self._all) if role == "client" else Future()


def _rows(directory: Path) -> list[dict[str, Any]]:
    read = pq.read_table(directory / "suite" / "001" / MACHINES)
    assert read.schema.remove_metadata() == SCHEMA
    rows: list[dict[str, Any]] = read.to_pylist()
    return rows


def test_a_row_for_each_process_and_machine_in_each_second(tmp_path: Path) -> None:
    agents = Agents(2)
    outcome = run(tmp_path, agents.machines)
    assert (outcome.status, outcome.notes) == (Status.FINISHED, [])
    assert agents.began == {("server", "a"): (["server"], True), ("client", "a"): (["client_0"], False)}
    rows = _rows(tmp_path)
    places = [(row["time"].second, row["host"], row["role"], row["label"]) for row in rows]
    processes = [("a", None, None), ("a", "server", "server"), ("a", "client", "client_0")]
    assert places == [(second, *one) for second in (1, 2) for one in processes]
    assert [row["cpu"] for row in rows] == [1.5, 0.5, 0.5, 1.5, 1.0, 1.0]
    assert rows[0]["memory"] == 2**40
    assert (rows[0]["cores"], rows[0]["thread"], rows[0]["gc"]) == (2, None, None)
    assert (rows[1]["thread"], rows[1]["threads"], rows[1]["thread_busy"]) == ("loop of server", 25, 0.25)
    assert rows[1]["cores"] is None


def test_one_agent_of_each_machine_samples_it(tmp_path: Path) -> None:
    agents = Agents(4, ("a", "b"))
    run(tmp_path, agents.machines, a_trial("batchedunreplicated", num_batchers=1, num_proxy_servers=2))
    machines = [host for (_, host), (_, machine) in agents.began.items() if machine]
    assert sorted(machines) == sorted({host for _, host in agents.began})
    assert {row["host"] for row in _rows(tmp_path) if row["role"] is None} == set(machines)


def test_while_clients_measure_nothing_is_asked(tmp_path: Path) -> None:
    agents = Agents(2)
    run(tmp_path, agents.machines)
    names = [name for _, _, name, _ in agents.machines.calls]
    assert names.index("samples") > names.index("read_client"), "the clients have ended by then"
    assert names.count("samples") == names.count("sample") == 2


def test_what_is_not_sampled(tmp_path: Path) -> None:
    """Trials of less than a second, and those of a sweep with --no-samples."""
    agents = Agents(2, wait_exit=lambda role, *_: None if role == "client" else Future())
    run(tmp_path, agents.machines, a_trial(duration=timedelta(milliseconds=900)))
    assert agents.machines.called("sample") == agents.machines.called("samples") == []
    assert not (tmp_path / "suite" / "001" / MACHINES).exists()
    names = {instrument.name for instrument in usual_instruments({})}
    assert names - {instrument.name for instrument in usual_instruments({"no_samples": True})} == {"samples"}


def _lost_agent(role: str, _host: str) -> Any:
    return Lost("machine a is cut off", ["a"]) if role == "client" else _read_by(["server"], machine=True)


def test_an_agent_that_does_not_answer_is_a_note(tmp_path: Path) -> None:
    outcome = run(tmp_path, Agents(2, samples=_lost_agent).machines)
    assert outcome.status is Status.FINISHED
    assert outcome.notes == [f"{MACHINES} lacks samples of machine a: machine a is cut off {NO_HARM}"]
    assert {row["label"] for row in _rows(tmp_path)} == {"server", None}


def test_what_an_agent_says_of_its_samples_is_a_note(tmp_path: Path) -> None:
    def samples(role: str, _host: str) -> Samples:
        return Samples(notes=["from sample 3600 on, the samples are 2 s apart"] if role == "client" else [])

    outcome = run(tmp_path, Agents(2, samples=samples).machines)
    note = f"{MACHINES}, client on machine a: from sample 3600 on, the samples are 2 s apart {NO_HARM}"
    assert outcome.notes == [note]
    assert _rows(tmp_path) == [], "there is a file of no rows"


def _ends(began: threading.Event, value: Any) -> Future[Any]:
    """A wait that ends with a value, or an error, once the agents sample."""
    future: Future[Any] = Future()

    def end() -> None:
        began.wait()
        if isinstance(value, BaseException):
            future.set_exception(value)
        else:
            future.set_result(value)

    threading.Thread(target=end, daemon=True).start()
    return future


@pytest.mark.parametrize(
    ("end", "status", "has_file"),
    [
        (lambda: Failure("exited", "server", "server exited with 1"), Status.CRASHED, True),
        (lambda: Failure("stopped", "server", "server was stopped"), Status.LOST, False),
        (lambda: Lost("machine a is gone", ["a"]), Status.LOST, False),
    ],
)
def test_endings(end: Callable[[], Any], status: Status, has_file: bool, tmp_path: Path) -> None:
    """Of a trial that is lost nothing is waited for; one that crashed has all of its samples."""
    agents = Agents(2)
    agents.machines.answers["wait_exit"] = lambda role, *_: _ends(agents._all, end()) if role == "server" else Future()
    outcome = run(tmp_path, agents.machines)
    assert outcome.status is status
    assert (tmp_path / "suite" / "001" / MACHINES).exists() is has_file
    assert bool(agents.machines.called("samples")) is has_file


def test_an_interrupted_trial_waits_for_nothing(tmp_path: Path) -> None:
    cancellation = Cancellation()
    agents = Agents(2, wait_exit=lambda *_: Future())

    def cancel() -> None:
        agents._all.wait()
        cancellation.cancel()

    threading.Thread(target=cancel, daemon=True).start()
    outcome = run(tmp_path, agents.machines, cancellation=cancellation)
    assert outcome.status is Status.INTERRUPTED
    assert agents.machines.called("samples") == []


def test_a_full_disk_is_a_note(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(_path: Path, _parts: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(table, "write_table", full)
    outcome: Outcome = run(tmp_path, Agents(2).machines)
    assert outcome.status is Status.FINISHED
    (note,) = outcome.notes
    assert note.startswith(f"{MACHINES} was not written: ")
    assert "No space left on device" in note


def test_odd_values_are_null(tmp_path: Path) -> None:
    """A kernel may say anything: what does not fit into a column is not known."""
    samples = Samples()
    samples.add({"time": 1, "seconds": 1.0, "memory": 2**64, "cpu": math.nan, "label": "x\\udc80"})
    (row,) = table.table_of([("server", "a", samples)]).to_pylist()
    assert (row["memory"], row["cpu"], row["label"]) == (None, None, "x\\udc80")
