"""Prints how often each reader refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fuzz import tally


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/fuzz/" in str(item.path).replace("\\", "/"):
            item.add_marker(pytest.mark.fuzz)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if tally.CASES >= 1000:
        terminalreporter.section("generated input")
        for line in tally.lines():
            terminalreporter.write_line(line)
