"""What a user sees of fpray is what `tests/recorded/` holds: plans, options, signatures, a suite's files and columns.

A change that is meant is recorded by `python -m tests.record`, and reviewed as the difference of the recorded files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests import record

ANEW = "if this change is meant: python -m tests.record"


def _recorded(name: str) -> Any:
    return json.loads((record.RECORDED / f"{name}.json").read_text())


PLANS: dict[str, dict[str, Any]] = _recorded("plans")
MANY = 50  # plans: more than these take seconds


def test_no_recorded_study_is_gone() -> None:
    missing = set(PLANS) - set(record.OPTIONS) - set(record.studies())
    assert not missing, f"gone: {missing}"
    assert set(record.OPTIONS) <= set(PLANS), ANEW


def _large(words: str) -> bool:
    return int(PLANS[words]["trials"]) > MANY


@pytest.mark.parametrize(
    "words", [pytest.param(words, marks=[pytest.mark.slow] if _large(words) else []) for words in PLANS]
)
def test_plans_are_what_they_were(words: str) -> None:
    """Byte by byte; what differs is seen with `fpray plan WORDS --json` before and after."""
    assert record.plan(words) == PLANS[words], f"fpray plan prints something else; {ANEW}"


@pytest.mark.parametrize("command", sorted(_recorded("options")))
def test_options_are_what_they_were(command: str) -> None:
    """None is gone or changed; new ones may come."""
    options = record.options().get(command, [])
    assert [option for option in _recorded("options")[command] if option not in options] == [], ANEW


def test_no_command_is_gone() -> None:
    assert set(_recorded("options")) <= set(record.options()), ANEW


def test_signatures_are_what_they_were() -> None:
    before, now = _recorded("signatures"), record.signatures()
    for name, parameters in before["signatures"].items():
        keywords = [word for word in parameters if "KEYWORD_ONLY" in word]  # in any order, and new ones may come
        assert set(keywords) <= set(now["signatures"][name]), f"fpray.{name}: {ANEW}"
        positional = [word for word in now["signatures"][name] if "KEYWORD_ONLY" not in word]
        assert positional == [word for word in parameters if word not in keywords], f"fpray.{name}: {ANEW}"


def test_no_public_name_is_gone() -> None:
    before, now = _recorded("signatures"), record.signatures()
    for module in ("fpray", "fpray.testing", "fpray.testing.ProtocolConformance"):
        assert set(before[module]) <= set(now[module]), module
    for group, names in before["entry_points"].items():
        assert set(names) <= set(now["entry_points"].get(group, ())), group


def test_a_suite_has_the_files_columns_and_keys_that_it_had(ray_address: str, tmp_path: Path) -> None:
    before, now = _recorded("suite_layout"), record.layout(tmp_path, "--address", ray_address)
    assert now["refused"] == before["refused"]
    assert now["printed"] == before["printed"], ANEW
    for kind in ("sweep", "search"):
        assert now[kind]["exit_code"] == before[kind]["exit_code"]
        assert now[kind]["files"] == before[kind]["files"], ANEW
        for of in ("columns", "keys"):
            for file, names in before[kind][of].items():
                if file == "args.json":  # holds every option of the command, so new ones may come
                    assert set(names) <= set(now[kind][of][file])
                else:
                    assert now[kind][of][file] == names, f"{of} of {file}: {ANEW}"
