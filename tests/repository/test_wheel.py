"""A wheel holds everything, the reference jar too: installed anywhere, a sweep runs from any directory."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import QUICK

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(directory), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = directory.glob("*.whl")
    return built


def test_a_wheel_holds_everything(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    declared = ("fpray_protocols/multipaxos.py", "fpray_studies/multipaxos/smoke.py")
    for name in ("fpray/reference.jar", "fpray/node/supervisor/__main__.py", *declared):
        assert name in names
    assert not [name for name in names if name.startswith(("tests/", "jvm/", "bench/"))]


def test_an_installed_wheel_sweeps_from_any_directory(wheel: Path, ray_address: str, tmp_path: Path) -> None:
    """In an environment of its own, that borrows the locked packages and none of this checkout."""
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (packages,) = venv.glob("lib/python*/site-packages")
    borrowed = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "borrowed.pth").write_text("\n".join(borrowed))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(packages), str(wheel)]
    subprocess.run(pip, check=True, env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    where = "import fpray, fpray.jar.build; print(fpray.__file__, fpray.jar.build.reference_jar('java'))"
    python = venv / "bin" / "python"
    found = subprocess.run([str(python), "-c", where], capture_output=True, text=True, cwd=tmp_path)
    assert str(packages / "fpray" / "reference.jar") in found.stdout, found.stdout + found.stderr
    words = ["sweep", "unreplicated", *QUICK, "--vary", "num_client_procs=1", "--local"]
    command = [str(python), "-c", "from fpray.cli.main import main; main()", *words]
    env = {k: v for k, v in os.environ.items() if not k.startswith(("RAY_", "PYTHONPATH"))}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120, env=env)
    assert done.returncode == 0, done.stderr
    assert "1 finished" in done.stderr
