"""What `make demo` and `make setup` install, and what is seen of it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.support.patience import LONG

ROOT = Path(__file__).parents[2]
FAKE_PYTHON = """#!{real}
import os, sys, time
words = sys.argv[1:]
if words[0] == "-c":
    os.execv({real!r}, [{real!r}, *words])
elif "compileall" in words:
    print("Compiling 'a.py'...\\nCompiling 'b.py'...")
elif "-r" in words:
    for name in ("alembic", "attrs", "boto3"):
        print(f"Collecting {{name}}==1.0 (from -r a.lock (line 1))")
    print("Installing collected packages: alembic, attrs, boto3")
"""


def _locked(name: str) -> dict[str, set[str]]:
    """`name==version` -> hashes."""
    text = (ROOT / name).read_text().replace("\\\n", "")
    lines = (line for line in text.splitlines() if re.match(r"[a-z0-9]", line))
    return {line.split()[0]: set(re.findall(r"sha256:\w+", line)) for line in lines}


def test_the_demo_installs_only_what_fpray_needs() -> None:
    """L2: nothing is installed that the demo does not need, and each package is the one that tests run with."""
    everything, demo = _locked("requirements.lock"), _locked("requirements-run.lock")
    assert {name: everything.get(name) for name in demo} == demo
    names = {re.split(r"[=\[]", line)[0] for line in demo}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert {re.split(r"[<>=\[]", line)[0] for line in project["project"]["dependencies"]} <= names
    assert not names & {"pytest", "mypy", "ruff", "moto", "hypothesis", "asyncssh", "cryptography", "pandas-stubs"}
    steps = subprocess.run(["make", "-n", "-B", "demo"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "requirements-run.lock" in steps
    assert "requirements.lock" not in steps


def test_what_is_done_is_counted(tmp_path: Path) -> None:
    """L2: 43 s of silence after one line."""
    venv, lock = tmp_path / "venv", tmp_path / "a.lock"
    (venv / "bin").mkdir(parents=True)
    (venv / "lib").mkdir()
    python = venv / "bin" / "python"
    python.write_text(FAKE_PYTHON.format(real=sys.executable))
    python.chmod(0o755)
    lock.write_text("alembic==1.0\nattrs==1.0\nboto3==1.0\ncolorama==1.0 ; sys_platform == 'win32'\n")
    command = [sys.executable, str(ROOT / "set_up.py"), str(venv), str(lock)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONG, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"setting up {venv} (3 packages of {lock})" in done.stdout
    assert "fetching package 1 of 3: alembic 1.0" in done.stderr
