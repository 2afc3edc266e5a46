"""The shape of the house: imports point one way, and only the places meant for it import Ray, boto3 or Optuna."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(f for top in ("fpray", "protocols", "studies", "analysis") for f in (ROOT / top).rglob("*.py"))
# Lower numbers know nothing of higher ones.
LAYERS = {
    "pulse": 6, "detach": 0, "sweeps": 8, "notices": 1, "logs": 6, "debug": 12, "elsewhere": 8,
    "errors": 0, "flags": 0, "pbtxt": 0, "params": 1, "cluster": 1, "outcome": 1, "dealing": 0, "protocol": 2,
    "placement": 3, "plan": 4, "fitting": 4, "order": 5, "slices": 5, "study": 5, "studies_table": 7, "registry": 6,
    "jar": 1, "provenance": 2, "store": 5, "results": 6, "places": 6,
    "rows": 0, "clock": 1, "usual_rows": 1, "quantiles": 1, "client_file": 2, "recorder": 3, "row_groups": 4,
    "rolling": 5, "summary": 6, "request": 7, "preview": 8, "describe": 7, "show": 7, "resume": 8, "jar_check": 7,
    "judgement": 8, "trial": 9, "progress": 7, "runner": 10, "mainloop": 11, "searching": 12, "api": 13, "cli": 14,
    "entry": 15, "testing": 8, "hopeless": 0, "giving_up": 2, "launcher": 3, "pools": 2, "sharing": 1,
    "newcomers": 6, "blame": 2, "pilot": 6, "slowness": 5,
}  # fmt: skip
# The same for fpray/searching, which stands on the main loop.
SEARCH_LAYERS = {
    "goals": 0, "space": 1, "storage": 1, "surface": 1, "candidates": 2, "belief": 2, "sampler": 3, "answer": 3,
    "samplers": 4, "request": 5, "say": 6, "asker": 7, "figures": 7, "run": 8,
}  # fmt: skip


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_every_file_says_why_it_exists(file: Path) -> None:
    doc = ast.get_docstring(ast.parse(file.read_text()))
    assert doc
    assert doc.splitlines()[0].endswith((".", "?"))


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_imports_point_one_way(file: Path) -> None:
    top, name = file.relative_to(ROOT).parts[0], file.stem
    for module in _imports(file):
        if top == "fpray":
            assert module.split(".")[0] not in ("protocols", "studies", "analysis"), f"{file}: {module}"
        if module.split(".")[0] == "ray":
            assert file.parent.name == "machines", f"only fpray/machines imports ray: {file}"
        assert module.split(".")[0] != "boto3", f"EC2 is asked by Ray's launcher: {file}"
        if file.parent == ROOT / "fpray" and module.startswith("fpray.") and name in LAYERS:
            layer = LAYERS.get(module.split(".")[1], -1)  # fpray.machines and its own helpers are below all
            assert layer < LAYERS[name], f"{name} imports {module}"
        if module.split(".")[0] == "optuna":
            assert file.parent.name == "searching" or top == "studies", f"only fpray/searching imports optuna: {file}"
        if file.parent.name == "searching" and module.startswith("fpray."):
            layer = LAYERS[module.split(".")[1]]
            if module.startswith("fpray.searching."):
                assert SEARCH_LAYERS[module.split(".")[2]] < SEARCH_LAYERS[name], f"searching.{name} imports {module}"
            else:
                assert layer < LAYERS["searching"], f"searching.{name} imports {module}"
        if file.parent.name == "machines" and module.startswith("fpray."):
            allowed = ("fpray.machines", "fpray.errors", "fpray.recorder", "fpray.cluster")
            assert module.startswith(allowed), f"a worker needs nothing but fpray.machines: {module}"


def test_every_module_of_the_engine_has_its_layer() -> None:
    listed = set(LAYERS) | {"__init__"}
    assert {f.stem for f in (ROOT / "fpray").glob("*.py")} <= listed
    assert {f.stem for f in (ROOT / "fpray" / "searching").glob("*.py")} <= set(SEARCH_LAYERS) | {"__init__"}


def test_planning_imports_neither_ray_nor_pyarrow() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from fpray.cli import main;"
        "assert CliRunner().invoke(main, ['plan', 'multipaxos', '--json']).exit_code == 0;"
        "print([m for m in ('ray', 'pyarrow', 'pandas', 'numpy', 'optuna') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_public_names_exist() -> None:
    import fpray

    for name in fpray.__all__:
        assert getattr(fpray, name) is not None
    assert callable(fpray.sweep)
