"""Sweeps of the protocols of the jar end with answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.conftest import OVERLAPPING, QUICK
from tests.conftest import run as fpray
from tests.support.suites import at_once, only_suite

pytestmark = [pytest.mark.jvm, pytest.mark.ray]


def sweep(ray_address: str, directory: Path, *words: str) -> list[dict[str, Any]]:
    """The trials of a sweep that succeeds."""
    done = fpray("sweep", *words, "--address", ray_address, "--json", cwd=directory)
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def loops_of(directory: Path, trial: dict[str, Any]) -> int:
    """The closed loops of a trial's clients, as its rows show them: one more for each client than its flags say."""
    rows = pq.read_table(only_suite(directory) / trial["trial"] / "recorder.parquet")
    return sum(at_once(rows.filter(pc.equal(rows["client"], name))) for name in pc.unique(rows["client"]).to_pylist())


def test_batchedunreplicated(ray_address: str, tmp_path: Path) -> None:
    words = ["--vary", "num_batchers=1,2", "--set", "num_proxy_servers=2"]
    words += ["--set", "num_client_procs=2", "--set", "state_machine=AppendLog"]
    trials = sweep(ray_address, tmp_path, "batchedunreplicated", *OVERLAPPING, *words)
    assert [len(trial["processes"]) for trial in trials] == [6, 7]
    for trial in trials:
        assert trial["results"]["measured.throughput"] > 0
        assert loops_of(tmp_path, trial) == 2 * (trial["params"]["num_clients_per_proc"] + 1)


@pytest.mark.slow
def test_requests_that_wait_for_others_at_the_end_are_a_note_not_a_failure(ray_address: str, tmp_path: Path) -> None:
    words = ["--set", "batcher_options.batch_size=10", "--set", "num_clients_per_proc=22", "--set", "num_batchers=1"]
    # The last requests of both phases are never answered, so the clients wait for their timeouts.
    words += ["--set", "warmup_duration=200ms", "--set", "warmup_timeout=1s"]
    words += ["--set", "duration=3s", "--set", "timeout=10s"]
    (trial,) = sweep(ray_address, tmp_path, "batchedunreplicated", *words)
    assert trial["status"] == "finished"
    (note,) = (note for note in trial["notes"] if "client_0 waited for its last answers" in note)
    assert "batcher_options.batch_size=10" in note


def test_craq(ray_address: str, tmp_path: Path) -> None:
    words = ["--vary", "num_chain_nodes=2,4", "--set", "workload.read_fraction=0.5"]
    words += ["--set", "num_clients_per_proc=4", "--set", "client_options.batch_size=2"]
    words += ["--set", "client_options.resend_client_request_period=50ms"]
    words += ["--set", "client_options.resend_read_request_period=50ms"]
    trials = sweep(ray_address, tmp_path, "craq", *QUICK, *words)
    assert [len(trial["processes"]) for trial in trials] == [3, 5]
    for trial in trials:
        assert trial["results"]["read_output.measured.throughput"] > 0
        assert trial["results"]["write_output.measured.throughput"] > 0


def test_epaxos(ray_address: str, tmp_path: Path) -> None:
    words = ["--set", "num_clients_per_proc=3", "--set", "num_client_procs=2"]
    words += ["--set", "state_machine=KeyValueStore", "--set", "workload.name=BernoulliSingleKeyWorkload"]
    words += ["--set", "workload.conflict_rate=0.2", "--vary", "replica_options.thrifty_system=NotThrifty,Closest"]
    trials = sweep(ray_address, tmp_path, "epaxos", *OVERLAPPING, *words)
    assert [len(trial["processes"]) for trial in trials] == [3 + 2] * 2
    for trial in trials:
        assert trial["results"]["measured.throughput"] > 0
        assert loops_of(tmp_path, trial) == 2 * (3 + 1)
