"""D1: a user's own `protocols`, `studies` or `analysis` neither shadows fpray's nor is shadowed by it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import QUICK, run

OWN = ("protocols", "studies", "analysis", "cluster_configs")
# A registry of fpray's is found, and each import of a user's own name gives the user's own module.
CHECK = f"""
import importlib
from fpray.study.registry import find_protocol, studies
assert find_protocol("multipaxos").name == "multipaxos" and len(studies()) >= 18
for name in {OWN}:
    module = importlib.import_module(name)
    assert getattr(module, "MINE", None) or list(module.__path__) == [FOLDER + "/" + name], (name, module)
    assert importlib.import_module("fpray_" + name).__name__ == "fpray_" + name
print("fine")
"""


def _own_files(folder: Path, kind: str) -> None:
    for name in OWN:
        if kind == "module":
            (folder / f"{name}.py").write_text("MINE = True\n")
        else:
            (folder / name).mkdir()
            (folder / name / "mine.txt").write_text("")
            if kind == "package":
                (folder / name / "__init__.py").write_text("MINE = True\n")


def _run(python: str, folder: Path, where: str, elsewhere: Path) -> subprocess.CompletedProcess[str]:
    code = f"FOLDER = {str(folder)!r}\n{CHECK}"
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if where == "beside the script":
        (folder / "script.py").write_text(code)
        words, cwd = [python, str(folder / "script.py")], elsewhere
    elif where == "in the working directory":
        words, cwd = [python, "-c", code], folder
    else:
        words, cwd, env = [python, "-c", code], elsewhere, env | {"PYTHONPATH": str(folder)}
    return subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True)


WHERE = ["beside the script", "in the working directory", "on PYTHONPATH"]


@pytest.mark.heavy
@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("kind", ["module", "package", "namespace package"])
def test_own_names_in_a_checkout(tmp_path: Path, kind: str, where: str) -> None:
    folder, elsewhere = tmp_path / "own", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    _own_files(folder, kind)
    done = _run(sys.executable, folder, where, elsewhere)
    assert done.stdout == "fine\n", done.stderr


@pytest.mark.parametrize("where", WHERE)
def test_own_names_beside_an_installed_wheel(installed: Path, tmp_path: Path, where: str) -> None:
    for kind in ("module", "package", "namespace package"):
        folder, elsewhere = tmp_path / kind, tmp_path / f"{kind} elsewhere"
        folder.mkdir()
        elsewhere.mkdir()
        _own_files(folder, kind)
        done = _run(str(installed), folder, where, elsewhere)
        assert done.stdout == "fine\n", f"{kind}: {done.stderr}"


def test_workers_import_no_module_of_the_user(
    ray_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep in a directory, and with a PYTHONPATH, in which every import of such a name fails."""
    for name in OWN:
        (tmp_path / f"{name}.py").write_text("raise SystemExit('fpray imports a module of the user')\n")
    words = [*QUICK, "--vary", "num_client_procs=1", "--address", ray_address]
    done = run("sweep", "unreplicated", *words, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)})
    assert done.code == 0, done.err
