"""Leaves out trials that were profiled: profiling takes CPU time, so their figures are not those of other trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from fpray.errors import Cause, refuse
from fpray.files.printable import printable
from fpray_analysis.loaded import Store
from fpray_analysis.result_set import Results

PROFILED: Final = "profiled"  # the parameter
_TRUE: Final = ("true", "True", "1")  # of a file of results in which the column has other values, too


def unprofiled(
    results: Results,
    *,
    profiled: bool = False,
    where: Mapping[str, Sequence[str]] | None = None,
    remedy: str = ": --profiled takes them as well",
) -> tuple[Results, list[str]]:
    """The results without the trials that were profiled; and in sentences, how many are left out.

    profiled: take them all the same. where: what trials are chosen by: if by `profiled`, they are taken as well.
    remedy: how the sentences end.

    Raises:
        Refused: all trials were profiled.
    """
    places = {store.name: _places(store) for store in results.stores}
    counts = {store.name: store.trials.num_rows - len(places[store.name]) for store in results.stores}
    if profiled or PROFILED in (where or {}) or not any(counts.values()):
        return results, []
    if not any(places.values()):
        sentence = "is needed: all trials were profiled, which changes their figures, so they are left out"
        raise refuse("--profiled", sentence, Cause.FIGURE)
    notes = [
        f"{count} of {store.trials.num_rows} trials of {printable(store.name)} were profiled, which changes figures,"
        f" and are left out{remedy}"
        for store in results.stores
        if (count := counts[store.name])
    ]
    rest = [replace(store, trials=store.trials.take(list(places[store.name]))) for store in results.stores]
    return Results(rest), notes


def _places(store: Store) -> Sequence[int]:
    """The rows of the trials that were not profiled."""
    if PROFILED not in store.trials.column_names:
        return range(store.trials.num_rows)
    return [place for place, value in enumerate(store.trials[PROFILED].to_pylist()) if not _is_true(value)]


def _is_true(value: Any) -> bool:
    return value is True or value == 1 or (isinstance(value, str) and value in _TRUE)
