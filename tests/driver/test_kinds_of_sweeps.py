"""Sweeps from Python, on the embedded Ray, without raw rows, and of every role of multipaxos."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import fpray
from fpray.files.user_directory import user_directory
from tests.conftest import FPRAY, OVERLAPPING, QUICK, run, start
from tests.support.patience import LONG
from tests.support.suites import only_suite, outcome

# A system of 19 JVMs that have just started may answer its first request after half a second.


def test_raw_rows_can_be_dropped(ray_address: str, tmp_path: Path) -> None:
    words = ["sweep", "unreplicated", *QUICK, "--vary", "num_client_procs=1", "--raw", "drop"]
    done = run(*words, "--address", ray_address, cwd=tmp_path)
    assert done.code == 0, done.err
    assert not (only_suite(tmp_path) / "001" / "recorder.parquet").exists()
    assert float(outcome(only_suite(tmp_path))["results"]["measured.throughput"]) > 0


def test_the_same_from_python(ray_address: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    settings = {"warmup_duration": "200ms", "duration": "500ms", "timeout": "60s", "warmup_timeout": "60s"}
    result = fpray.sweep(
        "unreplicated",
        vary={"num_client_procs": [1], "server_options.flush_every_n": [1]},
        set=settings,
        suite_directory=str(tmp_path),
        address=ray_address,
    )
    assert result.exit_code == 0
    frame = result.table().to_pandas()
    assert list(frame["status"]) == ["finished"]
    with pytest.raises(fpray.Refused, match="num_client_procz"):
        fpray.sweep("unreplicated", set={"num_client_procz": 1}, suite_directory=str(tmp_path))
    assert "1 finished" in capfd.readouterr().err


def test_multipaxos_runs_every_role_with_all_consistencies(ray_address: str, tmp_path: Path) -> None:
    """E2: the numbers of reads that are not linearizable say so."""
    words = ["sweep", "multipaxos", *OVERLAPPING, "--vary", "read_consistency=linearizable,sequential,eventual"]
    words += ["--set", "num_batchers=2", "--set", "num_read_batchers=2", "--set", "predetermined_read_fraction=50"]
    words += ["--set", "num_clients_per_proc=4", "--set", "workload.num_keys=10"]
    done = run(*words, "--address", ray_address, "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    for trial in map(json.loads, done.out.splitlines()):
        consistency = trial["params"]["read_consistency"]
        sentences = [doubt for doubt in trial["doubts"] if f"the reads are {consistency}, not linearizable" in doubt]
        assert bool(sentences) == (consistency != "linearizable")
        assert trial["results"]["read_output.measured.throughput"] > 0
        assert trial["results"]["write_output.measured.throughput"] > 0
        assert len(trial["processes"]) == 19


@pytest.mark.slow
def test_multipaxos_on_a_flexible_grid(ray_address: str, tmp_path: Path) -> None:
    words = ["sweep", "multipaxos", *OVERLAPPING, "--vary", "flexible=true", "--set", "num_acceptor_groups=2"]
    words += ["--set", "num_acceptors_per_group=2", "--set", "num_proxy_replicas=0"]
    done = run(*words, "--address", ray_address, cwd=tmp_path)
    assert done.code == 0, done.err


@pytest.mark.ray
@pytest.mark.jvm
def test_embedded_ray_is_the_default_and_private(tmp_path: Path) -> None:
    remains = user_directory() / "ray-0-left"
    remains.mkdir()
    (remains / "driver.lock").touch()
    words = ["sweep", "unreplicated", *QUICK, "--vary", "num_client_procs=1"]
    driver = start(*words, "--local", cwd=tmp_path, env={"RAY_ADDRESS": "", "RAY_AUTH_MODE": ""})
    _, messages = driver.communicate(timeout=LONG)
    assert driver.returncode == 0, messages
    assert "on this machine (" in messages.splitlines()[0]
    assert "embedded Ray 2.60.0" in messages.splitlines()[0]
    assert not list(user_directory().glob(f"ray-{driver.pid}-*"))
    assert not remains.exists(), "what a killed driver left"


@pytest.mark.slow
def test_in_a_python_that_is_connected_to_ray_already(ray_address: str, tmp_path: Path) -> None:
    """As in a notebook: its Ray is used, and is still there afterwards."""
    code = (
        "import ray, fpray;"
        f"ray.init(address={ray_address!r}, log_to_driver=False);"
        "settings = {'warmup_duration': '200ms', 'duration': '500ms'};"
        f"result = fpray.sweep('unreplicated', vary={{'num_client_procs': [1]}}, set=settings);"
        "print(result.exit_code, ray.is_initialized())"
    )
    python = FPRAY.removesuffix("fpray") + "python"
    done = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=LONG)
    assert done.stdout.split() == ["0", "True"], done.stderr


@pytest.mark.ray
@pytest.mark.jvm
def test_a_program_without_standard_error_sweeps_as_any_other(tmp_path: Path) -> None:
    """E13: `sys.stderr = None`, as in a program without a console."""
    settings = {"warmup_duration": "200ms", "duration": "500ms", "timeout": "5s", "warmup_timeout": "5s"}
    code = (
        f"import sys, fpray; sys.stderr = None; one = {{'num_client_procs': [1]}};"
        f"result = fpray.sweep('unreplicated', vary=one, set={settings!r}, local=True);"
        "print(result.exit_code, sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("0 None\n", "")
    assert "1 finished" in (only_suite(tmp_path) / "driver.log").read_text()
