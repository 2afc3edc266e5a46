"""What a monitored trial leaves where something is missing, on fake machines: a table all the same, and a sentence."""

from __future__ import annotations

import errno
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from fpray.metrics.schema import SCHEMA
from fpray.store.outcome import Outcome, Status
from fpray.testing.fake_machines import FakeMachines
from tests.conftest import cli
from tests.metrics.test_texts import UNIFIED
from tests.support.trials import a_trial, run

NO_HARM = "the trial's numbers are not affected"


def _machines(*, has_samples: bool = True) -> FakeMachines:
    """Machines on which a server of the protocol logs its garbage collections; has_samples: of Prometheus."""

    def start(role: str, host: str, specs: list[Any], ready_s: float) -> Any:
        for spec in specs:
            if spec.label == "server":
                (Path(spec.directory) / "server_gc.log").write_text(UNIFIED)
        return machines.fake(role, host).running.start(specs, ready_s)

    machines = FakeMachines(["a"], start=start, read_piece=lambda *_: b"samples" if has_samples else b"")
    return machines


def _run(directory: Path, machines: FakeMachines | None = None) -> Outcome:
    return run(directory, machines or _machines(), a_trial(monitored=True))


def _rows(directory: Path) -> list[dict[str, Any]]:
    table = pq.read_table(directory / "suite" / "001" / "metrics.parquet")
    assert table.schema.remove_metadata() == SCHEMA
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def test_without_the_data_of_prometheus_there_are_garbage_collections_and_events(tmp_path: Path) -> None:
    outcome = _run(tmp_path)
    assert outcome.status is Status.FINISHED
    (note,) = outcome.notes
    assert note == (
        "metrics.parquet has no series of the roles: Prometheus has left no prometheus_data. Where a program is"
        f" missing, install it (on Debian and Ubuntu: apt-get install prometheus) ({NO_HARM})"
    )
    rows = _rows(tmp_path)
    pauses = [row for row in rows if row["metric"] == "fpray_gc_pause_seconds"]
    assert [row["value"] for row in pauses] == [0.0035, 0.013, 0.00025, 0.0005]
    assert {(row["role"], row["label"]) for row in pauses} == {("server", "server")}
    assert pauses[1]["labels"] == 'job="unreplicated_server",pause="Full (System.gc())"'
    assert [row["value"] for row in rows if row["metric"] == "fpray_gc_heap_after_bytes"] == [4 << 20, 1 << 20]
    events = [row for row in rows if row["metric"] == "fpray_event_timestamp_ms"]
    assert 'detail="measuring",kind="phase"' in {row["labels"] for row in events}
    assert all(row["time"].timestamp() * 1e3 == pytest.approx(row["value"], abs=1) for row in events)
    assert len(events) == len(outcome.events)


def test_a_prometheus_that_has_ended_or_does_not_scrape_does_not_hold_up_a_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines = _machines(has_samples=False)

    def start(role: str, host: str, specs: list[Any], ready_s: float) -> Any:
        answer = machines.fake(role, host).running.start(specs, ready_s)
        if role == "prometheus":
            machines.end("prometheus", 1)
        return answer

    machines.answers["start"] = start
    outcome = _run(tmp_path, machines)
    assert outcome.status is Status.FINISHED
    assert outcome.notes[0].startswith("prometheus, a process of an instrument, exited with 1 before the end")
    monkeypatch.setattr("fpray.metrics.first_scrape._LONGEST_S", 0.2)
    assert _run(tmp_path / "silent", _machines(has_samples=False)).status is Status.FINISHED


def test_a_trial_that_is_not_monitored_has_none_of_it(tmp_path: Path) -> None:
    machines = _machines()
    assert run(tmp_path, machines, a_trial()).notes == []
    assert machines.started().keys() == {"server", "client_0"}
    assert not (tmp_path / "suite" / "001" / "metrics.parquet").exists()


def test_a_full_disk_is_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pyarrow.parquet.write_table", full)
    outcome = _run(tmp_path)
    assert outcome.status is Status.FINISHED
    assert outcome.notes[-1] == (
        "metrics.parquet cannot be written: No space left on device. Remove files there that you do not need"
        f" ({NO_HARM})"
    )
    assert not list((tmp_path / "suite" / "001").glob(".metrics*"))


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo broken >&2; exit 3", "promtool cannot read prometheus_data: broken"),
        ("exit 3", "promtool cannot read prometheus_data: it exited with 3"),
        ("echo something else", "promtool cannot read prometheus_data: "),
        ("echo '{a=\"b\"} 1 2'", "promtool cannot read prometheus_data: '__name__'"),
    ],
)
def test_a_promtool_that_fails_is_a_note(
    script: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(tmp_path / "bin" / "promtool", script)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr("fpray.metrics.collect.promtool_of", lambda _server: str(tmp_path / "bin" / "promtool"))
    (tmp_path / "data").mkdir()
    machines = _machines()

    def start(role: str, host: str, specs: list[Any], ready_s: float) -> Any:
        if role == "prometheus":
            (Path(specs[0].directory) / "prometheus_data").mkdir()
        return machines.fake(role, host).running.start(specs, ready_s)

    machines.answers["start"] = start
    (note,) = _run(tmp_path, machines).notes
    assert note.startswith(f"metrics.parquet may lack series of the roles: {words}")


def _program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_a_machine_without_prometheus_is_told_how_to_get_it_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = _program(tmp_path / "other", "echo something else")
    alone = _program(tmp_path / "alone" / "prometheus", "echo 'prometheus, version 9.9'")
    monkeypatch.setenv("PATH", "/nowhere")
    for server, words in (
        ("prometheus", "a monitored trial (-m) needs a Prometheus server, and there is no such program here: install"),
        ("/no/such", "a monitored trial (-m) needs a Prometheus server, and there is no such program here: install"),
        (str(other), "is no Prometheus server, by its answer to --version: install"),
        (str(alone), "needs promtool, which is neither beside"),
    ):
        for sweep in (["-m"], ["--vary", "monitored=true,false"], ["--set", "monitored=true"]):
            result = cli("sweep", "unreplicated", *sweep, "--prometheus", server, "--dry-run", "-s", str(tmp_path))
            assert result.exit_code == 2
            assert f"--prometheus {server}" in result.stderr
            assert words in result.stderr
            assert "apt-get install prometheus" in result.stderr
            assert "docs/troubleshooting.md#prometheus" in result.stderr
    assert cli("sweep", "unreplicated", "--prometheus", "/no/such", "--dry-run").exit_code == 0, "nothing is monitored"
    assert json.loads(cli("plan", "unreplicated", "-m", "--json").stdout), "a plan needs no Prometheus"


def test_a_command_that_prints_without_end_is_ended_with_its_reader(tmp_path: Path) -> None:
    from fpray.metrics.collect import _lines

    program = _program(tmp_path / "promtool", "while :; do echo line; done")
    assert next(iter(_lines([str(program)]))) == b"line\n"
    assert subprocess.run(["pgrep", "-f", str(program)], capture_output=True, text=True).stdout == ""
