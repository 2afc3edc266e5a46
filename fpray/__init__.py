"""fpray: a Ray-distributed experiment scheduler for benchmarking replicated protocols that run on the JVM."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    __version__: str
    from fpray.driver.api import sweep
    from fpray.errors import FprayError, Refused
    from fpray.protocol import Protocol, Role
    from fpray.searching.api import search
    from fpray.searching.search_study import Search
    from fpray.study import Study
    from fpray_analysis import load

__all__ = ["FprayError", "Protocol", "Refused", "Role", "Search", "Study", "__version__", "load", "search", "sweep"]

_HOME = {
    "load": "fpray_analysis",
    "search": "fpray.searching.api",
    "sweep": "fpray.driver.api",
    "FprayError": "fpray.errors",
    "Refused": "fpray.errors",
    "Protocol": "fpray.protocol",
    "Role": "fpray.protocol",
    "Search": "fpray.searching.search_study",
    "Study": "fpray.study",
}


def __getattr__(name: str) -> Any:
    # Lazily: a Ray worker imports fpray.node through this package, and must not pay for the rest.
    if name == "__version__":
        return _version()
    if name not in _HOME:
        raise AttributeError(f"module 'fpray' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("fpray")
    except PackageNotFoundError:  # imported from a source tree that was never installed
        return "0"
