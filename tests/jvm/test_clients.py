"""Benchmark clients of the jar: phases, the number of loops, what is sent again, and recorder files."""

from __future__ import annotations

import csv
import re
from datetime import datetime
from pathlib import Path

import pytest

from tests.jvm.batchedunreplicated.roles import Roles
from tests.jvm.clients import client_flags, rows
from tests.jvm.epaxos.replicas import Replicas
from tests.jvm.histories import History
from tests.jvm.processes import HOST, Processes, free_port, run, wait_until
from tests.jvm.unreplicated import CLIENT, servers, start_server

pytestmark = pytest.mark.jvm


@pytest.mark.parametrize("group", ["1", "7"])
def test_an_unreplicated_run_records_its_requests(processes: Processes, tmp_path: Path, group: str) -> None:
    port = start_server(processes)
    words = client_flags(tmp_path, servers(port), measurement_group_size=group)
    done = run(processes.jar, CLIENT, *words)
    assert done.returncode == 0
    phases = [line.split("] ")[1] for line in done.stdout.splitlines() if "[info] Client" in line]
    assert phases[0] == "Client warmup started."
    assert "Clients started." in phases
    assert phases[-1] == "Clients finished successfully."
    table = rows(tmp_path)
    assert len(table) > 1
    assert {row["label"] for row in table} == {"write"}
    assert {row["count"] for row in table[:-1]} == {group}
    assert 1 <= int(table[-1]["count"]) <= int(group)
    assert all(row["start"] <= row["stop"] for row in table if len(row["start"]) == len(row["stop"]))


def test_an_unreplicated_store_is_linearizable(processes: Processes) -> None:
    port = start_server(processes, state_machine="KeyValueStore")
    history = History(processes, "unreplicated", servers(port))
    history.wait_for(500)
    history.finish()


def test_a_killed_client_leaves_its_rows(processes: Processes, tmp_path: Path) -> None:
    port = start_server(processes)
    process = processes.start("client", CLIENT, *client_flags(tmp_path, servers(port), duration="90s", timeout="99s"))
    data = tmp_path / "client_0_data.csv"
    wait_until(lambda: data.exists() and data.stat().st_size >= 20_000, "rows of the client")
    process.kill()
    process.wait()
    whole = data.read_text()
    data.write_text(whole[: whole.rindex("\n") + 1])  # a kill may end the write of several pages in the middle of a row
    assert len(rows(tmp_path)) > 100


def test_unfinished_measurement_groups_are_lost(processes: Processes, tmp_path: Path) -> None:
    roles = Roles(processes)
    words = client_flags(tmp_path, roles.servers, num_warmup_clients="2", measurement_group_size="100", duration="2s")
    assert run(processes.jar, "frankenpaxos.batchedunreplicated.ClientMain", *words).returncode == 0
    assert {row["count"] for row in rows(tmp_path)} == {"100"}


def test_the_file_of_epaxos_has_the_warm_up_and_the_columns_of_the_original(
    processes: Processes, tmp_path: Path
) -> None:
    replicas = Replicas(processes, state_machine="AppendLog")
    port = str(free_port())
    words = client_flags(tmp_path, replicas.servers, port=port, warmup_duration="0.6s", duration="0.2s")
    done = run(processes.jar, "frankenpaxos.epaxos.BenchmarkClientMain", *words)
    assert "Clients finished successfully." in done.stdout
    lines = (tmp_path / "client_0_data.csv").read_text().splitlines()
    assert lines[0] == "start,stop,latency_nanos,host,port"
    table = list(csv.DictReader(lines))
    assert {(row["host"], row["port"]) for row in table} == {(HOST, port)}
    starts = [datetime.fromisoformat(re.sub(r"(\.\d{6})\d*Z", r"\1+00:00", row["start"])) for row in table]
    assert (max(starts) - min(starts)).total_seconds() > 0.4, "longer than the measurement"
