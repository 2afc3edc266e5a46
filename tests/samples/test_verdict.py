"""A trial says what limited it, if it has samples."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

from fpray.node.sampling.rows import Samples
from fpray.store.bottleneck import COLUMNS
from fpray.testing.fake_machines import FakeMachines
from tests.samples.test_machine_samples import Agents
from tests.support.trials import a_trial, run

_STEP_NS = 250_000_000


def _busy_server(role: str, _host: str) -> Samples:
    """A server that always had work, around the second in which the clients measure."""
    samples, now = Samples(), time.time_ns()
    for step in range(-240, 241):  # a minute on each side: a busy machine may be late
        row: dict[str, float | int | str | None] = {"time": now + step * _STEP_NS, "seconds": 0.25, "cpu": 0.9}
        row |= {"label": "client_0", "thread_busy": 0.1}
        if role == "server":
            samples.add({name: row[name] for name in ("time", "seconds", "cpu")} | {"cores": 8})
            row |= {"label": "server", "thread_busy": 0.95, "thread_cpu": 0.9, "thread_waited": 0.05}
        samples.add(row)
    return samples


def test_a_trial_with_samples_has_all_five_columns(tmp_path: Path) -> None:
    results = run(tmp_path, Agents(2, samples=_busy_server).machines).results
    assert [results[name] for name in COLUMNS][:4] == ["thread", "server", "server", 0.95]
    assert 0.5 < results["bottleneck.confidence"] < 1


def test_a_trial_with_samples_that_say_nothing_has_them_all_null(tmp_path: Path) -> None:
    results = run(tmp_path, Agents(2, samples=lambda *_: Samples()).machines).results
    assert {name: results[name] for name in COLUMNS} == dict.fromkeys(COLUMNS)


def test_a_trial_without_samples_has_none_of_them(tmp_path: Path) -> None:
    short = a_trial(duration=timedelta(milliseconds=900))
    assert not {*COLUMNS} & {*run(tmp_path, FakeMachines(["a"]), short).results}
