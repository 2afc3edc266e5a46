"""Every task of the bench: published trials that are drawn again with their noise, and queueing models."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from bench.search.models import models
from bench.search.published import curve_tasks, curves_of_table, table_tasks
from bench.search.task import Task

DATA = Path(__file__).resolve().parents[2] / "tests" / "data" / "search"
TABLES = "FPRAY_BENCH_TABLES"  # the environment variable that tells the workers of `--table`


@lru_cache(maxsize=1)
def tasks() -> dict[str, Task]:
    """The tasks of the published data and the models, by name."""
    return {task.name: task for task in (*_published(), *models())}


@lru_cache(maxsize=1)
def all_tasks() -> dict[str, Task]:
    """`tasks`, and those of the tables that the environment names."""
    more: list[Task] = []
    for path in map(Path, filter(None, os.environ.get(TABLES, "").split(os.pathsep))):
        of_table = [*table_tasks(path, path.stem), *curves_of_table(path, path.stem)]
        more += of_table or curve_tasks(path, path.stem)
    return {**tasks(), **{task.name: task for task in more}}


def _published() -> Iterator[Task]:
    for path in sorted(DATA.glob("table_*.csv")):
        name = path.stem.removeprefix("table_").removesuffix("_hyperparameters")
        yield from table_tasks(path, name)
        yield from curves_of_table(path, f"{name}:line")
    for path in sorted(DATA.glob("curve_*.csv")):
        yield from curve_tasks(path, path.stem.removeprefix("curve_"))
