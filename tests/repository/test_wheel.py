"""A wheel holds everything, the reference jar too: installed anywhere, a sweep runs from any directory."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

from tests.conftest import QUICK
from tests.repository.test_import_names import OWN
from tests.support.patience import LONG


def test_a_wheel_holds_everything(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    declared = ("fpray_protocols/multipaxos.py", "fpray_studies/multipaxos/smoke.py")
    page = "fpray_analysis/report/templates/report.html"
    for name in (
        "fpray/reference.jar",
        "fpray/node/supervisor/__main__.py",
        "fpray/docs/measuring.md",
        page,
        *declared,
    ):
        assert name in names
    assert not [name for name in names if name.startswith(("tests/", "jvm/", "bench/"))]


def test_a_refusal_of_an_installed_wheel_names_a_file_that_it_has(installed: Path, tmp_path: Path) -> None:
    """E12: also where the checkout is not there."""
    command = [str(installed), "-c", "from fpray.cli.main import main; main()", "show", "missing"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=_environment())
    assert done.returncode == 2
    file, _, heading = done.stderr.strip().rpartition(" · ")[2].partition("#")
    assert Path(file).is_relative_to(installed.parents[1])
    assert f"### {heading}\n" in Path(file).read_text()


def test_an_installed_wheel_sweeps_from_any_directory(installed: Path, ray_address: str, tmp_path: Path) -> None:
    """It also sweeps where the user has modules with the names of fpray's folders: no worker imports these."""
    where = "import fpray, fpray.jar.build; print(fpray.__file__, fpray.jar.build.reference_jar('java'))"
    command = [str(installed), "-c", where]
    place = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=_environment())
    package = next(installed.parents[1].glob("lib/python*/site-packages/fpray"))
    assert str(package / "reference.jar") in place.stdout, place.stdout + place.stderr
    for name in OWN:
        (tmp_path / f"{name}.py").write_text("raise SystemExit('fpray imports a module of the user')\n")
    words = ["sweep", "unreplicated", *QUICK, "--vary", "num_client_procs=1", "--local"]
    command = [str(installed), "-c", "from fpray.cli.main import main; main()", *words]
    environment = _environment() | {"PYTHONPATH": "."}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=LONG, env=environment)
    assert done.returncode == 0, done.stderr
    assert "1 finished" in done.stderr


def _environment() -> dict[str, str]:
    """Without what would lead to another fpray or another Ray."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("RAY_", "PYTHONPATH"))}
