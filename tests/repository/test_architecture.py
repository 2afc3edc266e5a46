"""The shape of the house: folders import one way, and only the places meant for it import Ray, boto3 or Optuna."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repository.house import FOLDERS

ROOT = Path(__file__).parents[2]
FACE = {"__init__", "errors", "api", "params"}  # what users and authors of protocols import
OUTSIDE = ("fpray_protocols", "fpray_studies", "fpray_analysis", "fpray_cluster_configs")
RAY = ("node", "cluster")
ALONE = ("peak_sampler", "recorder")  # import nothing of fpray but themselves
FILES = sorted(f for top in ("fpray", "protocols", "studies", "analysis") for f in (ROOT / top).rglob("*.py"))
ENGINE = [f for f in FILES if f.relative_to(ROOT).parts[0] == "fpray"]


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_every_file_says_why_it_exists(file: Path) -> None:
    doc = ast.get_docstring(ast.parse(file.read_text()))
    assert doc
    assert doc.splitlines()[0].endswith((".", "?"))


def test_few_modules_lie_flat() -> None:
    assert {f.stem for f in (ROOT / "fpray").glob("*.py")} == FACE
    folders = {f.parent.relative_to(ROOT / "fpray").parts[0] for f in ENGINE if f.parent != ROOT / "fpray"}
    assert folders == set(FOLDERS)


@pytest.mark.parametrize("file", ENGINE, ids=_name)
def test_folders_import_one_way(file: Path) -> None:
    parts = file.relative_to(ROOT / "fpray").parts
    folder = parts[0] if len(parts) > 1 else None
    for module in _imports(file):
        top, *rest = module.split(".")
        assert top not in OUTSIDE, f"{file}: {module} is found through entry points"
        if top == "fpray" and folder is not None and rest:
            allowed = {*FOLDERS[: FOLDERS.index(folder) + 1], "errors", "__version__"}
            assert rest[0] in allowed or parts == ("cli", "entry.py"), f"{file} imports {module}"
            assert folder not in ALONE or rest[0] == folder, f"{file} imports {module}"
        assert top != "boto3", f"Ray's launcher asks EC2: {file}"
        if top == "ray":
            assert folder in RAY, f"only {RAY} import ray: {file}"
        if top == "optuna":
            assert folder in ("peak_sampler", "searching"), f"only the search imports optuna: {file}"


def test_planning_imports_neither_ray_nor_pyarrow() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from fpray.cli.main import main;"
        "assert CliRunner().invoke(main, ['plan', 'multipaxos', '--json']).exit_code == 0;"
        "print([m for m in ('ray', 'pyarrow', 'pandas', 'numpy', 'optuna') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_tables_of_results_need_neither_ray_nor_optuna() -> None:
    code = "import sys, fpray_analysis; print([m for m in ('ray', 'optuna', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_public_names_exist() -> None:
    import fpray

    for name in fpray.__all__:
        assert getattr(fpray, name) is not None
    assert callable(fpray.sweep)
