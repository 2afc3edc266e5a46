"""docs/troubleshooting.md has an entry for each status, each reason and each class of refusal; messages name them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fpray.errors import Cause, Problem, Refused
from fpray.report.outcome_lines import failure_lines
from fpray.store.outcome import Outcome, Reason, Status
from tests.conftest import cli
from tests.repository.house import Source, sources

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "troubleshooting.md").read_text()
ENTRIES = re.findall(r"^### (.*)$", TEXT, re.MULTILINE)
SOURCES = [source for source in sources(ROOT, "fpray") if source.path.name != "errors.py"]


def test_each_status_each_reason_and_each_class_of_refusal_has_an_entry_and_no_other_has() -> None:
    reasons = [reason.value for reason in Reason if reason is not Reason.NONE]
    classes = [cause.value for cause in Cause]
    assert sorted(ENTRIES) == sorted([*(status.value for status in Status), *reasons, *classes])
    assert len(ENTRIES) <= 60


def test_each_entry_says_something() -> None:
    for entry, text in re.findall(r"^### (.*)\n((?:(?!#).*\n?)*)", TEXT, re.MULTILINE):
        assert len(text.split()) >= 3, entry


def _without_class(source: Source) -> Iterator[str]:
    """Each call that makes a problem and does not state its class, as the third argument."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Problem", "refuse"):
            stated = ast.unparse(node.args[2]) if len(node.args) == 3 else ""
            if not re.fullmatch(r"Cause\.[A-Z_]+|(\w+\.)?cause", stated):
                yield f"{source.path}:{node.lineno}"


def test_each_refusal_states_its_class() -> None:
    """The rule is for the engine; the constraints of a protocol are about parameters, which is the default."""
    assert [place for source in SOURCES for place in _without_class(source)] == []


def test_each_class_is_of_a_refusal() -> None:
    stated = {name for source in SOURCES for name in re.findall(r"Cause\.([A-Z_]+)", source.text)}
    assert stated == {cause.name for cause in Cause}


def test_a_refusal_names_the_entries_of_its_classes_once_at_its_end() -> None:
    option, jar = Problem("--x", "is wrong", Cause.OPTION), Problem("my.jar", "is no jar", Cause.MAIN_CLASSES)
    lines = str(Refused(option, jar, option)).splitlines()
    assert lines[-1] == "  see docs/troubleshooting.md#option, #main-classes"
    assert len(lines) == 5
    assert Refused(jar).of_reader() == "my.jar is no jar · docs/troubleshooting.md#main-classes"


@pytest.mark.parametrize(
    ("words", "anchor"),
    [
        ("sweep unreplicated --set num_client_procz=1 --dry-run", "parameter"),
        ("sweep unreplicated --parallel 0 --dry-run", "option"),
        ("sweep unreplicated --no-such-option", "option"),
        ("sweep nothing", "protocol"),
        ("sweep unreplicated -j missing.jar --dry-run", "jar"),
        ("plan unreplicated --cluster missing.json", "cluster-file"),
        ("show missing -s .", "suite"),
        ("search unreplicated --maximize nothing --space num_client_procs=1..2 --dry-run", "goal"),
    ],
)
def test_what_a_command_refuses_points_to_its_entry(words: str, anchor: str) -> None:
    done = cli(*words.split())
    assert done.exit_code == 2
    assert done.output.rstrip().endswith(f"docs/troubleshooting.md#{anchor}"), done.output


def test_a_trial_that_failed_points_to_its_entry() -> None:
    for status in Status:
        if status is not Status.FINISHED:
            head, *_, last = failure_lines("001", 2, Outcome(status, "why"))
            assert head == f"trial 001 of 002 · {status.value}: why"
            assert last == f"    see docs/troubleshooting.md#{status.value}"
            lines = failure_lines("001", 2, Outcome(status, "why", log="/suite/001/server_err.txt"))
            assert f"docs/troubleshooting.md#{status.value}" in lines[-1]
