"""What a suite holds, as tables, figures, and what follows from them. It reads stores of results, and needs no Ray."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fpray_analysis.comparison.run import compare
    from fpray_analysis.histories.run import history
    from fpray_analysis.loading import load
    from fpray_analysis.result_set import Results
    from fpray_analysis.tables import recorder, results

__all__ = ["Results", "compare", "history", "load", "recorder", "results"]

_HOME = {
    "Results": "result_set", "compare": "comparison.run", "history": "histories.run", "load": "loading",
    "recorder": "tables", "results": "tables",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    # Lazily: `fpray --help` looks at the commands of this package, and must not pay for pyarrow.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
