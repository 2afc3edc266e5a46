"""What tests read of a suite's directory."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pyarrow as pa


def only_suite(directory: Path) -> Path:
    """The one suite below a directory."""
    (file,) = (directory / "suites").glob("*/suite.json")  # written last: a driver may have been killed before
    return file.parent


def outcome(suite: Path, number: str = "001") -> dict[str, Any]:
    """How a trial ended."""
    content: dict[str, Any] = json.loads((suite / number / "outcome.json").read_text())
    return content


def at_once(rows: pa.Table) -> int:
    """The most requests that were under way at the same time, of a trial's rows: the number of its closed loops."""
    moments = [(moment, 1) for moment in rows["start"].cast(pa.int64()).to_pylist()]
    moments += [(moment, -1) for moment in rows["stop"].cast(pa.int64()).to_pylist()]
    under_way = itertools.accumulate(change for _, change in sorted(moments))
    return max(under_way, default=0)
