"""A sweep with real JVMs from places with odd names: its current directory changes while it runs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import run
from tests.support.patience import LONG

_SETTINGS = {"duration": "500ms", "timeout": "5s", "warmup_duration": "200ms", "warmup_timeout": "5s"}
_SCRIPT = f"""
import os, pathlib, sys, threading, time
import fpray

def leave():
    while not list(pathlib.Path(sys.argv[1]).glob("run-12:30/*/suite.json")):
        time.sleep(0.01)
    os.chdir("/")

thread = threading.Thread(target=leave, daemon=True)
thread.start()
result = fpray.sweep(
    "unreplicated", set={_SETTINGS!r}, vary={{"num_clients_per_proc": [1]}}, suite_directory="run-12:30",
    jar="v1:2/a?.jar", local=True,
)
thread.join()
assert os.getcwd() == "/"
print(result.suite)
print(result.table().num_rows)
"""


@pytest.fixture(scope="module")
def odd_place(tmp_path_factory: pytest.TempPathFactory, reference_jar: Path) -> Path:
    """A directory with a jar that has a colon in its path."""
    here = tmp_path_factory.mktemp("why?1 #{x} 50%")
    (here / "v1:2").mkdir()
    shutil.copy(reference_jar, here / "v1:2" / "a?.jar")
    return here


def test_relative_paths_with_colons_and_a_current_directory_that_changes(odd_place: Path) -> None:
    """A1, A2, A3: a suite in `run-12:30`, a jar in `v1:2`; the table is read from another directory."""
    command = [sys.executable, "-c", _SCRIPT, str(odd_place)]
    done = subprocess.run(command, cwd=odd_place, capture_output=True, text=True, timeout=LONG, check=False)
    assert done.returncode == 0, done.stderr
    suite, rows = done.stdout.splitlines()[-2:]
    assert Path(suite).parent == odd_place / "run-12:30"
    assert rows == "1"
    plan = json.loads((Path(suite) / "001" / "plan.json").read_text())
    (jar,) = {process["argv"][process["argv"].index("-cp") + 1] for process in plan["processes"]}
    assert ":" not in jar


def test_a_jar_with_a_colon_is_checked(odd_place: Path) -> None:
    """A3: `--check` starts its mains, too."""
    done = run("protocols", "unreplicated", "--check", "v1:2/a?.jar", cwd=odd_place)
    assert (done.code, done.err) == (0, "")
    assert "unreplicated  2 main classes, all as fpray expects them" in done.out


def test_java_home_comes_before_path(tmp_path: Path, reference_jar: Path) -> None:
    """A7: JAVA_HOME's java starts the JVMs, and the first lines say so where PATH has another."""
    home = tmp_path / "jdk"
    (home / "bin").mkdir(parents=True)
    java = home / "bin" / "java"
    java.write_text(f'#!/bin/sh\nexec {shutil.which("java")} "$@"\n')
    java.chmod(0o755)
    words = [word for name, value in _SETTINGS.items() for word in ("--set", f"{name}={value}")]
    words += ["--jar", str(reference_jar), "--vary", "num_clients_per_proc=1", "--local"]
    done = run("sweep", "unreplicated", *words, cwd=tmp_path, env={"JAVA_HOME": str(home)})
    assert done.code == 0, done.err
    path = shutil.which("java")
    assert (
        f"note: {java} of JAVA_HOME is used as java. PATH has another, {path}: to use that one, add --java {path}"
        in done.err.splitlines()[:4]
    )
    (plan,) = tmp_path.glob("suites/*/001/plan.json")
    assert {process["argv"][0] for process in json.loads(plan.read_text())["processes"]} == {str(java)}
