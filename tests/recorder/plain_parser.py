"""A plain reference for the recorder: the csv module, Decimal and Python's integers, a row at a time, no cleverness.

It shares no code with fpray/recorder, and keeps every row in memory.
"""

from __future__ import annotations

import csv
import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

QUANTILES = {"median": Fraction(1, 2), "p90": Fraction(9, 10), "p95": Fraction(19, 20), "p99": Fraction(99, 100)}
SECOND = 10**9
Number = Decimal | None
_INSTANT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)


@dataclass(frozen=True)
class Row:
    """One row; times in nanoseconds since the epoch."""

    start: int
    stop: int
    count: int
    latency: int
    label: str | None


@dataclass
class Parsed:
    """What is in a file."""

    rows: list[Row] = field(default_factory=list)
    not_rows: int = 0
    impossible: int = 0
    other_labels: int = 0
    torn: bool = False


def parse(path: Path) -> Parsed:
    """Read a client's file."""
    header, *lines = path.read_bytes().split(b"\n")
    labelled = header.strip().startswith(b"start,stop,count")
    # A last line without an end is not a row; where it is longer than any row, it is counted as one of those.
    file_content = Parsed(torn=0 < len(lines[-1]) <= 4096, not_rows=int(len(lines[-1]) > 4096))
    labels: set[str | None] = set()
    for line in lines[:-1]:
        if not line.strip():
            continue
        row = _row(line.removesuffix(b"\r"), labelled)
        if row is None:
            file_content.not_rows += 1
        elif not (1 <= row.count < 10**9 and 0 <= row.latency <= 100 * 86_400 * SECOND):
            file_content.impossible += 1
        elif row.label not in labels and len(labels) == 64:
            file_content.other_labels += 1
        else:
            labels.add(row.label)
            file_content.rows.append(row)
    return file_content


def _row(line: bytes, labelled: bool) -> Row | None:
    fields = _fields(line)
    if fields is None or not (labelled or re.fullmatch(r"\d{1,9}", fields[4], re.ASCII)):
        return None
    numbers = fields[2:4] if labelled else ["1", fields[2]]
    start, stop = map(_nanoseconds, fields[:2])
    if start is None or stop is None or not all(re.fullmatch(r"-?\d{1,18}", n, re.ASCII) for n in numbers):
        return None
    return Row(start, stop, int(numbers[0]), int(numbers[1]), fields[4] if labelled else None)


def _fields(line: bytes) -> list[str] | None:
    if len(line) > 4096 or b"\r" in line:
        return None
    try:
        text = line.decode()
        (fields,) = csv.reader([text], strict=True)
    except (ValueError, csv.Error):
        return None
    # The csv module is more tolerant than a row may be: quotes stand around a whole field, or nowhere.
    return fields if len(fields) == 5 and text in _written(fields) else None


def _written(fields: Sequence[str]) -> set[str]:
    """The ways in which the fields may be written."""
    lines = {""}
    for position, text in enumerate(fields):
        if '"' in text:
            return set()
        forms = [f'"{text}"'] + ([text] if "," not in text else [])
        lines = {line + ("," if position else "") + form for line in lines for form in forms}
    return lines


def _nanoseconds(text: str) -> int | None:
    match = _INSTANT.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    try:
        then = datetime.datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
    if not 1970 <= year <= 2199:
        return None
    seconds = (then - datetime.datetime(1970, 1, 1)) // datetime.timedelta(seconds=1)
    return seconds * SECOND + int((match[7] or "").ljust(9, "0"))


def columns(rows: Sequence[Row], prefix: str) -> dict[str, Number]:
    """FrankenPaxos's columns of the rows of one label."""
    if not rows:
        names = [*QUANTILES, "mean", "min", "max"]
        return {
            f"{prefix}{kind}": Decimal(-1) for n in names for kind in (f"latency.{n}_ms", f"start_throughput_1s.{n}")
        }
    latencies = {name: value / 10**6 for name, value in _statistics([row.latency for row in rows]).items()}
    rates = _rates(sorted(rows, key=lambda row: row.start))
    throughput: dict[str, Number] = dict.fromkeys(latencies)
    if rates:
        throughput |= _statistics(rates)
    return {f"{prefix}latency.{name}_ms": value for name, value in latencies.items()} | {
        f"{prefix}start_throughput_1s.{name}": value for name, value in throughput.items()
    }


def _statistics(values: Sequence[int | Fraction]) -> dict[str, Decimal]:
    ordered = [Fraction(value) for value in sorted(values)]
    exact = {"mean": sum(ordered, Fraction()) / len(ordered), "min": ordered[0], "max": ordered[-1]}
    for name, quantile in QUANTILES.items():
        place = quantile * (len(ordered) - 1)
        low = ordered[int(place)]
        high = ordered[min(int(place) + 1, len(ordered) - 1)]
        exact[name] = low + (high - low) * (place - int(place))
    with localcontext(prec=60):
        return {name: Decimal(value.numerator) / Decimal(value.denominator) for name, value in exact.items()}


def _rates(rows: Sequence[Row]) -> list[int | Fraction]:
    """The sum of the counts of the last second at each row, for those that have a whole second behind them."""
    rates: list[int | Fraction] = []
    first, oldest, total = rows[0].start, 0, 0
    for at, row in enumerate(rows):
        total += row.count
        while rows[oldest].start <= row.start - SECOND:
            total -= rows[oldest].count
            oldest += 1
        if row.label is not None:
            if row.start >= first + SECOND:
                rates.append(total)
        elif row.start > first + SECOND:
            if at >= 100:
                rates.append(total)
        elif at >= 100:
            until_now = sum(1 for other in rows if other.start <= row.start)
            rates.append(Fraction(until_now * 10**6, max((row.start - first) // 1000, 1)))
    return rates


def measured(rows: Sequence[Row], clients: Sequence[Sequence[Row]], duration_s: int) -> dict[str, Number]:
    """Requests and the weighted latency in the measured window of all clients."""
    begins = [min(row.start for row in client) for client in clients if client]
    if not begins or (end := min(begins) + duration_s * SECOND) <= (begin := max(begins)):
        return {}
    inside = [row for row in rows if begin <= row.stop < end]
    requests, weighted = sum(row.count for row in inside), sum(row.count * row.latency for row in inside)
    with localcontext(prec=60):
        mean = Decimal(weighted) / Decimal(requests) / 10**6 if requests else None
        throughput = Decimal(requests) * SECOND / Decimal(end - begin)
    return {"requests": Decimal(requests), "mean_ms": mean, "throughput": throughput}
