"""Trials of real JVMs that crash, cannot listen or are answered by nothing."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from tests.conftest import QUICK, run
from tests.support.patience import LONG
from tests.support.suites import only_suite, outcome


def test_crash_is_a_value_and_the_sweep_goes_on(ray_address: str, tmp_path: Path) -> None:
    patience = (*QUICK[:2], "--set", "warmup_timeout=900s", *QUICK[4:6], "--set", "timeout=900s")
    words = ["sweep", "unreplicated", *patience, "--vary", "jvm_heap_size=2m,100m", "--address", ray_address]
    words += ["--jvm-arg", "server:-XX:+UseG1GC"]  # needs more than java takes as a heap
    done = run(*words, cwd=tmp_path)
    assert done.code == 1
    assert re.search(r"trial 001 of 002 · crashed: server exited with 1 after \d", done.err), done.err
    assert "    Error occurred during initialization of VM" in done.err
    assert "001/server_out.txt" in done.err
    assert done.err.rstrip().splitlines()[-1].startswith("1 finished, 1 crashed")
    suite = only_suite(tmp_path)
    assert outcome(suite)["wall_s"] < LONG, "it does not wait for a deadline"
    assert "Error occurred during initialization of VM" in run("show", f"{suite.name}/001", cwd=tmp_path).out
    rerun = run(*words, "--rerun", "failed", cwd=tmp_path)
    assert rerun.code == 1
    assert (suite / "001" / "attempts" / "1" / "server_out.txt").exists()
    assert not (suite / "002" / "attempts").exists()
    anew = run(*words, cwd=tmp_path)
    assert (
        f"(a new suite, because all trials of the earlier suite, {suite.name.split('_')[2][:4]}, have ended)"
        in " ".join(anew.err.split())
    )


def _java(directory: Path, cases: str) -> str:
    """A java that begins otherwise where its command line fits one of the cases (`PATTERN) COMMANDS ;;`, for sh)."""
    java = directory / "java"
    java.write_text(f'#!/bin/sh\ncase "$*" in\n{cases}\nesac\nexec java "$@"\n')
    java.chmod(0o755)
    return str(java)


@pytest.mark.parametrize(("role", "label"), [("Server", "server"), ("Client", "client_0")])
def test_a_taken_port_is_named_for_servers_and_clients(role: str, label: str, ray_address: str, tmp_path: Path) -> None:
    """A java that takes the port of its own main class first: the port was free when it was chosen."""
    host = ray_address.partition(":")[0]
    take = "import socket,sys,time; s=socket.socket(); s.bind((sys.argv[1], int(sys.argv[2]))); s.listen()"
    take += "; print(1, flush=True); time.sleep(1000)"
    cases = f'*unreplicated.{role}Main*)\n  port=$(echo "$*" | sed "s/.* --port \\([0-9]*\\) .*/\\1/")\n'
    cases += f'  {sys.executable} -c "{take}" {host} "$port" > taken &\n'
    cases += "  until [ -s taken ] || ! kill -0 $!; do sleep 0.02; done ;;"
    cluster = tmp_path / "cluster.json"
    cluster.write_text(json.dumps({"1": {"clients": [host], "server": [host]}}))
    words = ["sweep", "unreplicated", *QUICK, "--vary", "num_client_procs=1", "--java", _java(tmp_path, cases)]
    done = run(*words, "--address", ray_address, cwd=tmp_path)
    assert done.code == 1, done.err
    assert f"crashed: {label} " in done.err or f"{label} cannot listen on it" in done.err, done.err
    assert "already in use" in done.err or "is taken by" in done.err, done.err


def test_a_system_that_answers_nothing_is_never_finished(ray_address: str, tmp_path: Path) -> None:
    """A client that gets no answers exits 0, and says so at a log level that it does not have."""
    # The client sends to a port on which nothing listens.
    cases = '*ClientMain*) exec java $(echo "$*" | sed "s/--server_port [0-9]*/--server_port 1/") ;;'
    words = ["sweep", "unreplicated", "--vary", "num_client_procs=1", "--java", _java(tmp_path, cases), "-l", "fatal"]
    words += ["--set", "warmup_duration=100ms", "--set", "warmup_timeout=300ms"]
    words += ["--set", "duration=300ms", "--set", "timeout=600ms"]
    done = run(*words, "--address", ray_address, cwd=tmp_path)
    assert done.code == 1, done.err
    assert "unserved: 0 requests were answered in the measured time, fewer than the 2" in done.err


def test_clients_that_measure_apart_are_not_a_system_that_answers_nothing(ray_address: str, tmp_path: Path) -> None:
    """As on a busy machine: one client begins ten seconds after the other."""
    both = "touch {0}; until [ -e client_0 -a -e client_1 ]; do sleep 0.02; done"
    later = "s/--warmup_duration [0-9.a-z]*/--warmup_duration 10.2s/"
    cases = f'*/client_1) {both.format("client_1")}; exec java $(echo "$*" | sed "{later}") ;;\n'
    cases += f"*/client_0) {both.format('client_0')} ;;"
    words = ["sweep", "unreplicated", *QUICK[:4], "--set", "timeout=60s", "--java", _java(tmp_path, cases)]
    words += ["--set", "num_client_procs=2", "--vary", "duration=300ms", "--retries", "0"]
    done = run(*words, "--address", ray_address, cwd=tmp_path)
    assert done.code == 1, done.err
    assert "not-ready: the clients measured together for 0.00 of 0.3 s: client_1 began " in done.err
