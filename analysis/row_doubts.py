"""Doubts from the rows of trials that no check has looked at: of earlier versions of fpray, and of FrankenPaxos."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

import pyarrow as pa

from fpray.errors import Refused
from fpray.evidence.evidence import Evidence, doubts
from fpray.evidence.steady_checks import LINEARIZABLE, ROW_CHECKS
from fpray.recorder.columns import measured_latency, without_output
from fpray.recorder.samples import FEWEST_REQUESTS
from fpray.recorder.steadiness import steadiness_of
from fpray.store import columns
from fpray.store.outcome import Status
from fpray_analysis.column_kinds import OUTPUT
from fpray_analysis.loaded import SUITE
from fpray_analysis.row_pace import RowPace, pace_of_rows
from fpray_analysis.windows import starts_of_clients, window_of

Row = Mapping[str, Any]
_COMPARABLE: Final = {status.value for status in Status if status.comparable}
_SECOND: Final = 1_000_000_000
_DURATION: Final = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")  # as Python writes one of less than a day
CONSISTENCY: Final = "read_consistency"


def with_doubts_from_rows(trials: Any, unjudged: Collection[tuple[str, str]], rows_of: Callable[[Row], Any]) -> Any:
    """The table with further doubts of the trials that `unjudged` names, as (suite, trial), from their rows.

    rows_of: a dataset of a trial's rows, or None if it has kept none.
    """
    if not unjudged:
        return trials
    texts = []
    for row in trials.to_pylist():
        is_judged = (row.get(SUITE, ""), row[columns.TRIAL]) not in unjudged
        earlier = row[columns.DOUBTS]
        own = [] if is_judged or row[columns.STATUS] not in _COMPARABLE else [*_doubts(row, rows_of)]
        texts.append("; ".join([*([earlier] if earlier else []), *own]) or earlier)
    return trials.set_column(trials.column_names.index(columns.DOUBTS), columns.DOUBTS, pa.array(texts, pa.string()))


def _doubts(row: Row, rows_of: Callable[[Row], Any]) -> Iterator[str]:
    try:
        rows = rows_of(row)
        evidence = _evidence(row, rows) if rows is not None else None
    except (Refused, pa.ArrowException, OSError):
        return  # what needs these rows names the file
    if evidence is not None:
        yield from (doubt.sentence for doubt in doubts(evidence, ROW_CHECKS))


def _evidence(row: Row, rows: Any) -> Evidence | None:
    starts = starts_of_clients(rows)
    window = window_of(starts, _recorded_warmup_ns(row, starts))
    if window is None:
        return None
    pace = pace_of_rows(rows, window)
    return Evidence(
        loops=0,
        requests=pace.requests,
        unrecorded=0,
        window_ns=window,
        duration_s=(window[1] - window[0]) / _SECOND,
        grouped=(row.get("measurement_group_size") or 1) > 1,
        before_s=_warmup_s(row),
        steadiness=steadiness_of(pace.pace),
        largest_count=pace.largest_count,
        thin=dict(_thin(row, pace)),
        weak_reads=_weak_reads(row),
    )


def _recorded_warmup_ns(row: Row, starts: Mapping[str, tuple[int, int]]) -> int:
    """How much of the rows' beginning is warm-up: clients of some protocols record it, and then they record longer."""
    warmup_s, duration_s = _warmup_s(row), _seconds(row, "duration")
    spans = [(last - first) / _SECOND for first, last in starts.values()]
    is_recorded = bool(warmup_s and duration_s and spans) and min(spans) > duration_s + warmup_s / 2
    return round(warmup_s * _SECOND) if is_recorded else 0


def _warmup_s(row: Row) -> float:
    return _seconds(row, "warmup_duration") + _seconds(row, "warmup_sleep")


def _seconds(row: Row, name: str) -> float:
    """A column that is a duration, such as `0:00:10` or `0:00:00.200000`; 0 where there is none."""
    match = _DURATION.fullmatch(str(row.get(name)))
    hours, minutes, seconds = match.groups() if match else ("0", "0", "0")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _thin(row: Row, pace: RowPace) -> Iterator[tuple[str, int]]:
    """The quantiles that have too few requests, and how many they need."""
    for column, value in row.items():
        output = OUTPUT.search(column)
        name = without_output(column) if output is None else measured_latency(_statistic(column))
        needs = FEWEST_REQUESTS.get(name)
        if needs and value is not None:
            label = column.partition(".")[0].removesuffix("_output")
            if pace.requests_by_label.get(label, pace.requests) < needs:
                yield column, needs


def _statistic(column: str) -> str:
    return column.rpartition(".")[2].removesuffix("_ms")


def _weak_reads(row: Row) -> str:
    consistency = str(row.get(CONSISTENCY) or LINEARIZABLE)
    has_reads = any(name.startswith("read_output.") and value is not None for name, value in row.items())
    return consistency if has_reads and consistency != LINEARIZABLE else ""
