"""docs/troubleshooting.md has an entry for each status, each reason, and each part of fpray that refuses something."""

from __future__ import annotations

import re
from pathlib import Path

from fpray.report.outcome_lines import failure_lines
from fpray.store.outcome import Outcome, Reason, Status

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "troubleshooting.md").read_text()
ENTRIES = re.findall(r"^### (.*)$", TEXT, re.MULTILINE)


def test_each_status_and_each_reason_has_an_entry() -> None:
    assert {status.value for status in Status} <= set(ENTRIES)
    assert {reason.value for reason in Reason if reason is not Reason.NONE} <= set(ENTRIES)
    assert len(ENTRIES) <= 60
    assert len(set(ENTRIES)) == len(ENTRIES)


def test_each_part_that_refuses_has_an_entry() -> None:
    named = " ".join(re.findall(r"<!-- (.*) -->", TEXT)).split()
    for source in (ROOT / "fpray").rglob("*.py"):
        module = str(source.relative_to(ROOT / "fpray").with_suffix(""))
        if re.search(r"\b(?:refuse|Problem|Refused)\(", source.read_text()) and module not in ("errors", "api"):
            assert module in named or any(part.endswith("/") and module.startswith(part) for part in named), module
    for part in named:
        assert (ROOT / "fpray" / part).exists() or (ROOT / "fpray" / f"{part}.py").exists(), part


def test_a_trial_that_failed_points_to_its_entry() -> None:
    for status in Status:
        if status is not Status.FINISHED:
            (line,) = failure_lines("001", 2, Outcome(status, "why"))
            assert line == f"[001/002] {status.value}: why"
            lines = failure_lines("001", 2, Outcome(status, "why", log="/suite/001/server_err.txt"))
            assert f"docs/troubleshooting.md#{status.value}" in lines[-1]
