"""A suite finds its trials by their numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fpray.errors import Refused
from fpray.store.suite import Suite

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
