"""A suite numbers its trials, and finds them by number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fpray.errors import Refused
from fpray.plan.plan import Trial
from fpray.store.find import find_suite
from fpray.store.suite import Suite
from fpray.study.registry import find_protocol

TRIAL = {"schema": 1, "protocol": "unreplicated", "params": {}, "repeat": 0, "provenance": {}}


def _suite(path: Path, *numbers: str) -> Suite:
    (path / "suite.json").write_text(json.dumps({"protocol": "unreplicated", "points": [], "jar": {}}))
    for number in numbers:
        (path / number).mkdir()
        (path / number / "trial.json").write_text(json.dumps({**TRIAL, "id": number}))
    return Suite(path)


def test_the_trials_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    suite = _suite(tmp_path, "1000", "999", "002")
    assert [directory.number for directory in suite.directories().values()] == ["002", "999", "1000"]
    with pytest.raises(Refused, match="no such trial; its trials are 002 to 1000"):
        suite.numbered("3")
    assert suite.numbered("2").number == "002"


def test_a_new_trial_has_the_number_after_the_last_one(tmp_path: Path) -> None:
    suite, protocol = _suite(tmp_path, "999", "002"), find_protocol("unreplicated")
    (tmp_path / "1000").mkdir()  # its driver was killed before it wrote what is to run
    trials = [Trial(protocol, protocol.params(), repeat) for repeat in range(2)]
    assert [suite.directory(trial).number for trial in (*trials, *trials)] == ["1000", "1001", "1000", "1001"]
    (tmp_path / "new").mkdir()
    assert _suite(tmp_path / "new").directory(trials[0]).number == "001"


def test_a_name_may_end_in_a_slash(tmp_path: Path) -> None:
    path = tmp_path / "2026-11-22_00-00-00_ABCDEFGHIJ_unreplicated_smoke"
    path.mkdir()
    _suite(path)
    for name in ("ABCD/", f"{path.name}/", f"{path}/"):
        assert find_suite(name, tmp_path).path == path
    with pytest.raises(Refused, match="is not a suite"):
        find_suite("/", tmp_path)
