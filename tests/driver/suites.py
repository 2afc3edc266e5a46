"""What tests read of a suite's directory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def only_suite(directory: Path) -> Path:
    """The one suite below a directory."""
    (suite,) = (directory / "suites").iterdir()
    return suite


def outcome(suite: Path, number: str = "001") -> dict[str, Any]:
    """How a trial ended."""
    content: dict[str, Any] = json.loads((suite / number / "outcome.json").read_text())
    return content
