"""Whether a sweep still runs the suite that is handed over."""

from __future__ import annotations

from fpray.files import layout
from fpray.files.printable import printable
from fpray.store.suite import Suite
from fpray_analysis.loaded import Store


def runs_now(store: Store) -> str:
    """A sentence about the process that runs a suite, without a full stop; empty if there is none.

    Where the system has no such locks, as on Windows, no sweep can run.
    """
    if not (store.path / layout.SUITE).exists():
        return ""
    try:
        holder = Suite(store.path).holder()
    except ImportError:
        return ""
    return f"{printable(store.name)} is run by {holder.words}" if holder is not None else ""
