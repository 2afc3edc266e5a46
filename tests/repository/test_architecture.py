"""The shape of the house: rooms in one order, budgets, a spine that fits the head, and names that say something."""

from __future__ import annotations

import ast
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repository.house import (
    FOLDERS,
    MEDIAN_LINES,
    MOST_SPINE_LINES,
    ROOT,
    SPINE,
    Source,
    beyond_budget,
    body_lines,
    circles,
    edges,
    sources,
)
from tests.repository.language import bad_names, persons, texts
from tests.repository.shape_table import PAGE, stale
from tests.repository.walk import walk

FACE = {"__init__", "__main__", "errors", "params"}  # what users and authors of protocols import or run
OUTSIDE = ("fpray_protocols", "fpray_studies", "fpray_analysis", "fpray_cluster_configs")
PUBLIC = {"fpray/__init__.py": ("fpray_analysis.load",)}  # users find fpray.load beside fpray.sweep
RAY = ("node", "cluster")
ALONE = ("peak_sampler", "recorder")  # import nothing of fpray but themselves
PACKAGE = sources(ROOT, "fpray", "protocols", "studies", "analysis")
ENGINE = sources(ROOT, "fpray")
# Larger than its budget, each with its reason. None of the spine.
BEYOND: dict[str, str] = {}


def _name(file: Source) -> str:
    return str(file.path)


def _folder(file: Source) -> str | None:
    return file.path.parts[1] if len(file.path.parts) > 2 else None


def test_every_file_says_why_it_exists() -> None:
    docs = {_name(file): ast.get_docstring(file.tree) or "" for file in sources()}
    assert [name for name, doc in docs.items() if not doc.partition("\n")[0].endswith((".", "?"))] == []


def test_few_modules_lie_flat() -> None:
    assert {file.path.stem for file in ENGINE if _folder(file) is None} == FACE
    assert {folder for file in ENGINE if (folder := _folder(file))} == set(FOLDERS)


def test_folders_import_one_way() -> None:
    assert [line for file in ENGINE for line in _wrong_imports(file)] == []


def _wrong_imports(file: Source) -> Iterator[str]:
    folder = _folder(file)
    for module in file.imports():
        top, *rest = module.split(".")
        if top in OUTSIDE and module not in PUBLIC.get(_name(file), ()):
            yield f"{file.path}: {module} is found through entry points"
        if top == "fpray" and folder is not None and rest:
            allowed = {*FOLDERS[: FOLDERS.index(folder) + 1], "errors", "__version__"}
            if rest[0] not in allowed or (folder in ALONE and rest[0] != folder):
                yield f"{file.path} imports {module}"
        if top == "boto3":
            yield f"Ray's launcher asks EC2: {file.path}"
        if top == "ray" and folder not in RAY:
            yield f"only {RAY} import ray: {file.path}"
        if top == "optuna" and folder not in ("peak_sampler", "searching"):
            yield f"only the search imports optuna: {file.path}"


def test_no_modules_import_one_another() -> None:
    assert circles(edges(ENGINE)) == []


def test_everything_is_within_its_budget() -> None:
    files = sources()
    large = [line for line in beyond_budget(files) if not any(line.startswith(exception) for exception in BEYOND)]
    assert not large, "\n".join(large)
    assert statistics.median(file.lines for file in files) <= MEDIAN_LINES
    unused = [exception for exception in BEYOND if not any(line.startswith(exception) for line in beyond_budget(files))]
    assert not unused, f"within its budget by now: {unused}"


def test_the_spine_is_held_in_the_head() -> None:
    assert not [
        exception for exception in BEYOND if exception.split(":")[0].removeprefix("fpray/").removesuffix(".py") in SPINE
    ]
    assert sum(Source(ROOT, Path("fpray", f"{name}.py")).lines for name in SPINE) <= MOST_SPINE_LINES


@pytest.mark.parametrize(
    ("path", "name", "most"), [("driver/loop.py", "run_trials", 16), ("trial/run.py", "run_trial", 20)]
)
def test_the_loop_and_the_life_of_a_trial_fit_a_screen(path: str, name: str, most: int) -> None:
    file = next(file for file in ENGINE if file.path.parts[1:] == tuple(path.split("/")))
    (function,) = (function for function in file.functions() if function.name == name)
    assert body_lines(function) <= most
    assert file.lines <= 70


@pytest.mark.parametrize(
    ("module", "builders"),
    [
        ("fpray.report.live", ["driver/run.py", "driver/run_listeners.py"]),
        ("fpray.trial.cpu_watch", ["driver/instruments.py"]),
        ("fpray.profiles.instrument", ["driver/instruments.py"]),
        ("fpray.searching.early_stop", ["searching/experiment.py"]),
    ],
)
def test_what_joins_the_loop_or_a_trial_is_known_to_what_lists_it(module: str, builders: list[str]) -> None:
    """The display is a listener among others, and these are instruments among others."""
    paths = [file.path for file in ENGINE if any(name.startswith(f"{module}.") for name in file.imports())]
    assert [str(path.relative_to("fpray")) for path in paths] == builders


def test_protocols_studies_and_analysis_import_no_engine_of_others() -> None:
    for file in PACKAGE:
        if file.path.parts[0] != "fpray":
            tops = {module.split(".")[0] for module in file.imports()}
            assert not tops & {"ray", "boto3"}, file.path
            assert "optuna" not in tops or file.path.parts[0] == "studies", file.path


def test_sentences_are_plain() -> None:
    """A machine or a process is "it", in all that the repository says: also in comments, tests and configurations."""
    assert {".py", ".yaml", ".sh", ".md", ".java", ".toml"} <= {path.suffix for path in texts()}
    assert [line for path in texts() for line in persons(path)] == []


def test_names_are_plain() -> None:
    assert [line for file in sources() for line in bad_names(file)] == []


@pytest.mark.parametrize("command", ["sweep", "search"])
def test_a_request_goes_forwards(command: str) -> None:
    """From `fpray sweep` to the first trial, few modules get the request again that had passed it on."""
    steps = walk(command)
    assert steps.stays[0] == f"fpray.cli.{command}"
    assert steps.stays[-1].startswith("fpray.driver")
    assert steps.returns < 10, steps.stays


def test_the_shape_is_as_it_is_written() -> None:
    """It is here, and not beside the other tables, because what it measures is measured in this file already."""
    text = PAGE.read_text()
    assert stale(text) == [], "run make docs"
    assert stale(text.replace("| import circles | 1 | 0 |", "| import circles | 1 | 1 |"))


def test_planning_imports_neither_ray_nor_pyarrow() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from fpray.cli.main import main;"
        "assert CliRunner().invoke(main, ['plan', 'multipaxos', '--json']).exit_code == 0;"
        "print([m for m in ('ray', 'pyarrow', 'pandas', 'numpy', 'optuna', 'cattrs', 'yaml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


@pytest.mark.parametrize(("protocol", "own_calls"), [("multipaxos", 8_975), ("unreplicated", 3_534)])
def test_planning_costs_no_more_than_it_did(protocol: str, own_calls: int) -> None:
    """The figures of docs/performance.md, and 5 % more. A change that needs more states both anew."""
    words = [sys.executable, "-m", "tests.repository.planning_cost", protocol]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    cost = json.loads(done.stderr.splitlines()[-1])
    assert cost["packages"] == ["click"]
    assert cost["readings of entry points"] == 1
    most = {"own modules": 102, "Python's modules": 99, "dataclasses": 73, "own calls": own_calls}
    beyond = {name: cost[name] for name, figure in most.items() if cost[name] > 1.05 * figure}
    assert not beyond, f"more than {most}: {beyond}; python -X importtime -m fpray plan shows what is imported"


def test_tables_of_results_need_neither_ray_nor_optuna() -> None:
    code = "import sys, fpray_analysis; print([m for m in ('ray', 'optuna', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_public_names_exist() -> None:
    import fpray

    for name in fpray.__all__:
        assert getattr(fpray, name) is not None
    assert callable(fpray.sweep)
