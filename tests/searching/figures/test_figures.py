"""Searches that are hard to draw."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any

import pytest

from fpray.searching.figures.draw import draw
from fpray.store.outcome import Outcome, Status
from fpray.store.suite import Suite
from tests.conftest import run
from tests.searching.simulation import (
    GOAL,
    P99,
    run_trials,
    search_request,
    search_suite,
    source_of,
)
from tests.support.rings import some_fast


def _draw(suite: Suite, file: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw(Suite(suite.path), file)
    assert file.stat().st_size > 1000


def test_a_search_whose_range_moves_is_drawn(tmp_path: Path) -> None:
    study = tmp_path / "mine.py"
    study.write_text(
        "from fpray import Search\n"
        "def suggest(trial):\n"
        "    return {'num_clients_per_proc': trial.suggest_int('num_clients_per_proc', 1, 50 + trial.number)}\n"
        f"STUDY = Search('mine', 'unreplicated', maximize=['{GOAL}'], suggest=suggest)\n"
    )
    words: dict[str, Any] = {"maximize": (), "subject_to": (), "space": {}}
    request = search_request(study=str(study), **words, budget_trials=4, confirm=1)
    suite = search_suite(tmp_path, request)
    assert len(list(run_trials(source_of(suite, request), suite))) == 4
    _draw(suite, tmp_path / "search.svg")


@pytest.mark.parametrize("value", [None, -1.0, math.nan])
def test_a_search_that_measured_nothing_is_drawn(tmp_path: Path, value: float | None) -> None:
    request = search_request(space={"num_clients_per_proc": "1..9", "num_client_procs": "1..3"})
    suite = search_suite(tmp_path, request)
    nothing = Outcome(Status.FINISHED, results={GOAL: value, P99: 1.0}, wall_s=1)
    list(run_trials(source_of(suite, request), suite, lambda _: nothing))
    _draw(suite, tmp_path / "search.svg")


def test_a_jar_of_any_name_is_drawn(tmp_path: Path) -> None:
    request = search_request(budget_trials=1, confirm=1)
    suite = search_suite(tmp_path, request)
    suite.record.jar["name"] = "mine · new.jar"
    suite.save()
    list(run_trials(source_of(suite, request), suite))
    _draw(suite, tmp_path / "search.svg")


@pytest.mark.heavy
@pytest.mark.parametrize("backend", some_fast(["module://no_such.backend_inline", "odd"], 2))
def test_the_backend_of_another_program_does_not_matter(backend: str, tmp_path: Path) -> None:
    """C4: a notebook's `!fpray show SEARCH --figure a.png` inherits the notebook's setting."""
    request = search_request(budget_trials=2, confirm=1)
    suite = search_suite(tmp_path, request)
    list(run_trials(source_of(suite, request), suite))
    for kind in ("png", "html"):
        done = run("show", str(suite.path), "--figure", f"a.{kind}", cwd=tmp_path, env={"MPLBACKEND": backend})
        assert (done.code, done.err) == (0, "")
        assert (tmp_path / f"a.{kind}").stat().st_size > 1000
