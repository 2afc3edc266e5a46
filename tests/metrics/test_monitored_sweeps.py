"""Monitored sweeps with a real Prometheus: what they leave, what reads it again, and what a kill leaves."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import fpray
from fpray.node.ports import free_ports, listeners
from tests.conftest import run, start, wait_for
from tests.driver.held import ENDLESS
from tests.metrics.monitored import MONITORED, ask, monitor, prometheuses, series
from tests.support.patience import LONG
from tests.support.processes import jvms
from tests.support.suites import only_suite, outcome

pytestmark = [pytest.mark.jvm, pytest.mark.ray, pytest.mark.prometheus, pytest.mark.slow]


@pytest.fixture(scope="module")
def suite(prometheus: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A monitored sweep of two trials."""
    directory = tmp_path_factory.mktemp("monitored")
    done = run("sweep", "unreplicated", *MONITORED, "--vary", "num_clients_per_proc=1,4", "--local", cwd=directory)
    assert done.code == 0, done.err
    assert not prometheuses(directory)
    return only_suite(directory)


def test_every_role_has_series_in_the_table(suite: Path) -> None:
    assert [note for note in outcome(suite)["notes"] if "rometheus" in note or "metrics" in note] == []
    rows = fpray.load(suite).metrics().to_table().to_pylist()
    assert {row["trial"] for row in rows} == {"001", "002"}
    assert {row["num_clients_per_proc"] for row in rows} == {1, 4}
    for label in ("server", "client_0"):
        own = [row for row in rows if row["label"] == label and row["trial"] == "001"]
        assert {row["metric"] for row in own} >= {"up", "jvm_memory_bytes_used", "process_cpu_seconds_total"}
        assert re.fullmatch(r"127\.0\.0\.1:\d+", next(row["instance"] for row in own))
    requests = [row for row in rows if row["metric"] == "unreplicated_server_requests_total" and row["trial"] == "001"]
    assert {row["labels"] for row in requests} >= {'job="unreplicated_server",type="ClientRequest"'}
    assert [row["time"] for row in requests] == sorted(row["time"] for row in requests)
    assert [row["value"] for row in requests] == sorted(row["value"] for row in requests)
    assert requests[-1]["value"] > 100


def test_the_table_has_the_time_of_the_measurement(suite: Path) -> None:
    """A filter of the dataset, and times that can be compared with those of the clients' rows."""
    metrics = fpray.load(suite).metrics().to_table(filter=pc.field("metric") == "up")
    rows = pq.read_table(suite / "001" / "recorder.parquet")
    during = [
        time for time in metrics["time"].to_pylist()
        if pc.min(rows["start"]).as_py() <= time <= pc.max(rows["stop"]).as_py()
    ]  # fmt: skip
    assert len(during) >= 2


def test_frankenpaxoss_own_way_reads_the_directory(suite: Path, prometheus: str, tmp_path: Path) -> None:
    """`prometheus --storage.tsdb.path=prometheus_data`, with the configuration of nothing."""
    (tmp_path / "none.yml").write_text("")
    (port,) = free_ports("127.0.0.1", 1)
    address = f"http://127.0.0.1:{port}"
    words = [prometheus, "--config.file", str(tmp_path / "none.yml"), "--storage.tsdb.path=prometheus_data"]
    with subprocess.Popen(
        [*words, f"--web.listen-address=127.0.0.1:{port}"], cwd=suite / "001", stderr=subprocess.DEVNULL
    ) as server:
        try:
            jobs: list[object] = []

            def answers() -> bool:
                with contextlib.suppress(OSError, AssertionError):
                    jobs[:] = ask(address, "label/job/values")
                return bool(jobs)

            wait_for(answers, LONG, "an answer")
            assert set(jobs) == {"unreplicated_client", "unreplicated_server"}
            assert set(ask(address, "label/trial/values")) == {"001"}
            assert set(ask(address, "label/suite/values")) == {suite.name}
        finally:
            server.send_signal(signal.SIGTERM)


def test_monitor_serves_a_suite_again_and_one_trial(suite: Path, tmp_path: Path) -> None:
    for words, trials in ((str(suite), {"001", "002"}), (f"{suite}/002", {"002"})):
        with monitor(words, "--grafana", "no-such-program", cwd=tmp_path) as lines:
            address = lines["Prometheus"].split()[0]
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address)
            assert lines["Grafana"].startswith("there is no program no-such-program here; its dashboards are in /")
            assert set(ask(address, "label/trial/values")) == trials
            assert set(ask(address, "label/job/values")) >= {"unreplicated_server", "unreplicated_client"}
            table = pq.read_table(suite / "002" / "metrics.parquet")
            span = (pc.min(table["time"]).as_py().timestamp(), pc.max(table["time"]).as_py().timestamp())
            query = 'fpray_event_timestamp_ms{kind="phase",detail="measuring",trial="002"}'
            (event,) = series(address, query, span)
            assert span[0] <= float(event["values"][0][1]) / 1000 <= span[1]
        wait_for(lambda: not prometheuses(Path("/tmp/fpray-monitor-")), LONG, "the end of the server")


def test_a_prometheus_that_is_killed_is_a_note(prometheus: str, tmp_path: Path) -> None:
    process = start("sweep", "unreplicated", *MONITORED, "--only", "1", "--local", cwd=tmp_path)
    wait_for(lambda: len(jvms(str(tmp_path))) == 2, LONG, "the client")
    for server in prometheuses(tmp_path):
        server.kill()
    _, messages = process.communicate(timeout=LONG)
    assert process.returncode == 0, messages
    end = outcome(only_suite(tmp_path))
    assert end["status"] == "finished"
    assert any(note.startswith("prometheus, a process of an instrument, exited with -9") for note in end["notes"])
    assert (only_suite(tmp_path) / "001" / "metrics.parquet").exists()


def test_a_live_trial_is_monitored_and_a_killed_driver_leaves_no_prometheus(prometheus: str, tmp_path: Path) -> None:
    process = start("sweep", "unreplicated", *MONITORED[:3], *ENDLESS, "--only", "1", "--local", cwd=tmp_path)
    wait_for(lambda: len(jvms(str(tmp_path))) == 2, LONG, "the client")
    assert len(prometheuses(tmp_path)) == 1
    with monitor(str(only_suite(tmp_path)), "--grafana", "no-such-program", cwd=tmp_path) as lines:
        assert "which runs" in lines["Prometheus"]
        address = lines["Prometheus"].split()[0]
        wait_for(lambda: "unreplicated_client" in ask(address, "label/job/values"), LONG, "series of the client")
    assert len(prometheuses(tmp_path)) == 1, "the trial's own server goes on"
    process.kill()
    process.communicate(timeout=LONG)
    wait_for(lambda: not prometheuses(tmp_path) and not jvms(str(tmp_path)), LONG, "nothing after the driver's death")


def test_monitor_starts_grafana_for_this_machine_alone_and_ends_it(suite: Path, tmp_path: Path) -> None:
    """A program in the place of Grafana listens where Grafana is told to, and writes down its settings."""
    program = tmp_path / "grafana"
    serve = f'exec {sys.executable} -m http.server --bind "$GF_SERVER_HTTP_ADDR" "$GF_SERVER_HTTP_PORT"'
    program.write_text(f"#!/bin/sh\nenv > {tmp_path}/settings.txt\n{serve}\n")
    program.chmod(0o755)
    with monitor(f"{suite}/001", "--grafana", str(program), cwd=tmp_path) as lines:
        match = re.match(r"http://127\.0\.0\.1:(\d+)/d/fpray-roles\?from=(\d+)&to=(\d+) ", lines["Grafana"])
        assert match, lines
        port, begin, end = map(int, match.groups())
        assert begin < end
        assert any((one.host, one.port) == ("127.0.0.1", port) for one in listeners())
        settings = (tmp_path / "settings.txt").read_text().splitlines()
        assert f"FPRAY_PROMETHEUS={lines['Prometheus'].split()[0]}" in settings
        assert "GF_AUTH_ANONYMOUS_ORG_ROLE=Viewer" in settings
    assert not any(one.port == port for one in listeners())
