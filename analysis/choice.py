"""Which columns and which trials a figure shows: from what the user names, or from what varies."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from fpray.errors import Cause, Problem, nearest, refuse, refuse_if_any
from fpray.files.shown import in_brief
from fpray.protocol.values import BadValue, read_value
from fpray.recorder.columns import THROUGHPUT, WINDOW_S, latency, measured_latency, start_throughput, without_output
from fpray.recorder.samples import FEWEST_REQUESTS
from fpray.store import columns
from fpray.store.outcome import Status
from fpray_analysis.loaded import SUITE
from fpray_analysis.result_set import Results

Row = Mapping[str, Any]
# By these a study varies how much load clients make. What follows from them is no series of its own.
LOAD: Final = ("num_client_procs", "num_clients_per_proc", "num_warmup_clients_per_proc")
_DURATION: Final = re.compile(r"(?:(\d+) days?, )?(\d+):(\d\d):(\d\d(?:\.\d+)?)")
_LARGEST: Final = 1e100  # beyond it, Matplotlib's arithmetic overflows
MOST_SERIES: Final = 12  # as many as can be told apart


def chosen_trials(
    results: Results, where: Mapping[str, Sequence[str]] | None = None, *, unfinished: bool = False
) -> list[Row]:
    """The finished trials with one of the values of each column in `where`, as texts; unfinished: others as well.

    A quantile for which a trial has too few requests is null.

    Raises:
        Refused: there is no such column, or no such trial.
    """
    where = where or {}
    names = results.trials.column_names
    refuse_if_any(
        [
            Problem(f"--where {name}", f"there is no such column{nearest(name, names)}", Cause.FIGURE)
            for name in where
            if name not in names
        ]
    )
    rows = [
        without_thin_quantiles(row)
        for row in results.trials.to_pylist()
        if unfinished or row[columns.STATUS] == Status.FINISHED.value
    ]
    if not rows:
        raise refuse("figure", "no trial of these suites has finished, so there is nothing to draw", Cause.FIGURE)
    for name, values in where.items():
        before = list(dict.fromkeys("none" if row[name] is None else in_brief(row[name]) for row in rows))
        rows = [row for row in rows if any(_is(row[name], value) for value in values)]
        if not rows:
            raise refuse(
                f"--where {name}={','.join(values)}",
                f"no trial has this value: write one of {', '.join(before[:20])}{', ...' * (len(before) > 20)}",
                Cause.FIGURE,
            )
    return rows


def without_thin_quantiles(row: Row) -> Row:
    """A trial without the quantiles for which it has too few requests."""
    thin: dict[str, None] = {}
    for name, value in row.items():
        own = without_output(name)
        if own in FEWEST_REQUESTS and value is not None:
            throughput, seconds = row.get(f"{name.removesuffix(own)}{THROUGHPUT}"), row.get(WINDOW_S)
            if throughput is not None and seconds is not None and round(throughput * seconds) < FEWEST_REQUESTS[own]:
                thin[name] = None
    return {**row, **thin} if thin else row


def _is(value: Any, text: str) -> bool:
    """Whether a value is what a text says: 3.0 is `3` as well, True is `true`, 0:00:05 is `5s`, and 001 is `1`."""
    if value is None:
        return text in ("", "none")
    if str(value).lower() == text.strip().lower():
        return True
    number, other = number_of(value), number_of(text)
    if other is None:
        try:
            other = read_value(timedelta, text).total_seconds()
        except BadValue:
            return False
    return number == other if number is not None else str(value).isdigit() and int(value) == other


def number_of(value: Any) -> float | None:
    """A number, or a duration such as `0:00:05` in seconds; None for anything else, and for what cannot be drawn."""
    if isinstance(value, str) and (match := _DURATION.fullmatch(value)):
        days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    if isinstance(value, bool | None):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < _LARGEST else None


def no_numbers(rows: Sequence[Row], name: str, option: str) -> Iterator[Problem]:
    """A problem if a column has something else than numbers and durations."""
    wrong = [row[name] for row in rows if row.get(name) is not None and _is_text(row[name])]
    if wrong:
        sentence = f"is no column of numbers: a value of it is {in_brief(wrong[0])}. Name another column"
        yield Problem(f"{option} {name}", sentence, Cause.FIGURE)


def _is_text(value: Any) -> bool:
    return number_of(value) is None or (isinstance(value, str) and not _DURATION.fullmatch(value))


def throughput_column(rows: Sequence[Row], output: str) -> str:
    """The throughput of an output: fpray's own, where all trials have it; else FrankenPaxos's.

    Raises:
        Refused: no trial has any.
    """
    return _first_with_values(rows, [f"{output}{THROUGHPUT}", f"{output}{start_throughput('p90')}"])


def latency_column(rows: Sequence[Row], output: str, statistic: str = "median") -> str:
    """A statistic of the latencies of an output, as `throughput_column`."""
    return _first_with_values(rows, [f"{output}{measured_latency(statistic)}", f"{output}{latency(statistic)}"])


def _first_with_values(rows: Sequence[Row], names: Sequence[str]) -> str:
    for of_trials in (all, any):
        for name in names:
            if of_trials(row.get(name) is not None for row in rows):
                return name
    sentence = f"no trial has {' or '.join(names)}: name the columns that are to be drawn with --x and --y"
    raise refuse("figure", sentence, Cause.FIGURE)


def only_output(rows: Sequence[Row]) -> str:
    """The prefix of the output that is drawn where none is named: the one that most trials have, the first of them."""
    counts = Counter[str]()
    for name in rows[0]:
        for end in (measured_latency("median"), latency("median")):  # the one ends in the other
            if name.endswith(end):
                output = name.removesuffix(end)
                counts[output] = max(counts[output], sum(row[name] is not None for row in rows))
                break
    return max(counts, key=lambda output: counts[output], default="")


def series_columns(results: Results, rows: Sequence[Row], within: Sequence[str]) -> list[str]:
    """The columns that tell series apart: the suite, and what varies in it where the columns in `within` do not."""
    suite = [SUITE] if SUITE in rows[0] else []
    candidates = [name for name in results.varied if name not in (*LOAD, *within)]
    return [*suite, *(name for name in candidates if _varies_within(rows, name, [*suite, *within]))]


def _varies_within(rows: Sequence[Row], name: str, within: Sequence[str]) -> bool:
    values: dict[tuple[Any, ...], set[Any]] = {}
    for row in rows:
        values.setdefault(tuple(row.get(column) for column in within), set()).add(row.get(name))
    return any(len(own) > 1 for own in values.values())
