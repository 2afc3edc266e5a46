"""Doubts about the repeats of a configuration: their throughputs differ by more than their noise allows."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from fpray.recorder.columns import THROUGHPUT, start_throughput
from fpray.store import columns
from fpray.store.outcome import Status
from fpray_analysis.loaded import SUITE

SPREAD: Final = (
    0.2  # between the highest and the lowest repeat: in published tables, 7 % of configurations are beyond it
)
_LEAST: Final = 0.05  # a smaller spread is no doubt, however quiet the other configurations are
# The spread of three repeats is beyond 5 standard deviations in about one case in a thousand.
_DEVIATIONS, _FEWEST_CONFIGURATIONS = 5.0, 5
_USUAL: Final = start_throughput("p90")
Row = Mapping[str, Any]


def with_doubts_about_repeats(trials: Any, inputs: Sequence[str]) -> Any:
    """The table with a further doubt of each trial of which the repeats differ.

    They differ if the highest throughput is more than 20 % above the lowest, or more than five times the noise of the
    other configurations' repeats (and at least 5 %). inputs: the columns that make a configuration.
    """
    figures = throughput_columns(trials)
    names = [name for name in (SUITE, *inputs, columns.STATUS, *figures) if name in trials.column_names]
    rows = trials.select(names).to_pylist()
    doubts: dict[int, list[str]] = {}
    for figure in figures:
        for at, sentence in _differing(rows, [name for name in (SUITE, *inputs) if name in names], figure):
            doubts.setdefault(at, []).append(sentence)
    if not doubts:
        return trials
    texts = trials[columns.DOUBTS].to_pylist()
    joined = ["; ".join([*([text] if text else []), *doubts.get(at, ())]) or text for at, text in enumerate(texts)]
    return trials.set_column(trials.column_names.index(columns.DOUBTS), columns.DOUBTS, pa.array(joined, pa.string()))


def throughput_columns(trials: Any) -> list[str]:
    """The throughput of each output: fpray's own, where the table has one; else FrankenPaxos's."""
    own = [name for name in trials.column_names if name.endswith(THROUGHPUT)]
    present = [name for name in own if trials[name].null_count < trials.num_rows]
    return present or [name for name in trials.column_names if name.endswith(_USUAL)]


def _differing(rows: Sequence[Row], configuration: Sequence[str], figure: str) -> Iterator[tuple[int, str]]:
    """The number of each trial of which the repeats differ, and a sentence about it."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for at, row in enumerate(rows):
        if row[columns.STATUS] in (None, Status.FINISHED.value) and (row[figure] or 0) > 0:
            groups.setdefault(tuple(row[name] for name in configuration), []).append(at)
    repeats = {key: [rows[at][figure] for at in group] for key, group in groups.items() if len(group) > 1}
    deviations = [statistics.stdev(map(math.log, values)) for values in repeats.values()]
    few = len(deviations) < _FEWEST_CONFIGURATIONS
    noise = math.inf if few else _DEVIATIONS * statistics.median(deviations)
    limit = min(SPREAD, max(_LEAST, math.expm1(min(noise, 1.0))))
    for key, values in repeats.items():
        low, high = min(values), max(values)
        if high / low - 1 > limit:
            sentence = (
                f"the {len(values)} repeats of this configuration differ by {high / low - 1:.0%} in {figure} ({low:.0f}"
                f" to {high:.0f}), more than the {limit:.0%} that noise allows. Look at what differs between these"
                " trials, or repeat more often"
            )
            yield from ((at, sentence) for at in groups[key])
