"""Throughput and latencies of a trial over time, from its rows, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fpray.recorder.schema import Int64s, nanoseconds

Floats = npt.NDArray[np.float64]
SECOND: Final = 1_000_000_000
_STEP: Final = np.log(1.01)  # latencies are counted in steps of 1 %
_STEPS: Final = int(np.ceil(np.log(3600 * SECOND) / _STEP)) + 1  # up to an hour
_BINS: Final = 100  # about, where no width is given
_LONGEST_S: Final = 24 * 3600  # no trial is longer
MOST_LABELS: Final = 12  # each needs 2 MB, and a figure shows no more
_MOST_BINS: Final = 10_000
_BEYOND: Final = 10  # requests beyond a quantile; with fewer, it is the luck of a few


@dataclass(frozen=True)
class OverTime:
    """What the requests of one label did in bins of equal width.

    Attributes:
        label: null if rows have none.
        begin_ns: of the first bin, in nanoseconds since the epoch, by the clients' clocks.
        width_s: of a bin.
        throughput: requests that were answered in each bin, a second.
        quantiles: q -> the latencies of these requests, in ms, within 1 %; NaN in bins with too few of them. Of groups
            of requests these are quantiles of the groups' means.
        grouped: whether rows are groups.
    """

    label: str | None
    begin_ns: int
    width_s: float
    throughput: Floats
    quantiles: dict[float, Floats]
    grouped: bool

    @property
    def middles_s(self) -> Floats:
        """The middle of each bin, in seconds from `begin_ns` on."""
        return np.asarray((np.arange(len(self.throughput)) + 0.5) * self.width_s, np.float64)


def over_time(rows: Any, quantiles: Sequence[float] = (0.5, 0.99), width_s: float | None = None) -> list[OverTime]:
    """The rows of one trial by the time at which requests were answered, for each label.

    rows: a scanner of Arrow, or another value with `to_batches`, which gives the same rows each time; width_s: of a bin
    (default: 1, 2 or 5 times a power of ten, so that there are about 100 bins).

    Raises:
        ValueError: these are more than 10,000 bins, more than 12 labels, or a clock was set meanwhile.

    The first and the last bin are cut where the first request began and the last one was answered: they are left out if
    others have any.
    """
    begin, end = _span(rows)
    if end <= begin:
        return []
    if end - begin > _LONGEST_S * SECOND:
        raise ValueError("they are more than a day apart, so the clock of a client was set while it measured")
    width = round((width_s or _round_width((end - begin) / SECOND / _BINS)) * SECOND)
    bins = (end - begin) // width + 1
    if bins > _MOST_BINS:
        raise ValueError(f"{bins} bins: a bin must be at least {(end - begin) / SECOND / _MOST_BINS:g} s wide")
    counts: dict[str | None, npt.NDArray[np.float64]] = {}
    grouped = False
    for label, stops, weights, latencies in _pieces(rows):
        table = counts.setdefault(label, np.zeros(bins * _STEPS))
        if len(counts) > MOST_LABELS:
            raise ValueError(f"they have more than {MOST_LABELS} labels, which cannot be told apart")
        if (stops < begin).any():
            raise ValueError("a request was answered before the first one began, so a clock was set meanwhile")
        steps = np.clip(np.log(np.maximum(latencies, 1)) / _STEP, 0, _STEPS - 1).astype(np.int64)
        places = ((stops - begin) // width) * _STEPS + steps
        table += np.bincount(places, weights, minlength=len(table))
        grouped = grouped or bool((weights > 1).any())
    is_more = bins > 3 and any(table.reshape(bins, _STEPS)[1:-1].any() for table in counts.values())
    inner = slice(1, -1) if is_more else slice(None)
    first = begin + (inner.start or 0) * width
    tables = sorted(counts.items(), key=lambda item: item[0] or "")
    return [
        _over_time(label, table.reshape(bins, _STEPS)[inner], first, width / SECOND, quantiles, grouped=grouped)
        for label, table in tables
    ]


def _over_time(
    label: str | None, table: Floats, begin: int, width: float, quantiles: Sequence[float], *, grouped: bool
) -> OverTime:
    totals = table.sum(axis=1)
    ranks = np.cumsum(table, axis=1)
    values = {}
    for q in quantiles:
        steps = (ranks >= (q * totals)[:, None]).argmax(axis=1)
        enough = totals * (1 - q) >= (_BEYOND if q > 0.5 else 1)
        values[q] = np.where(enough, np.exp((steps + 0.5) * _STEP) / 1e6, np.nan)
    return OverTime(label, begin, width, totals / width, values, grouped)


def _span(rows: Any) -> tuple[int, int]:
    """When the first request began and the last one was answered."""
    begins, ends = [], []
    for batch in rows.to_batches():
        if batch.num_rows:
            begins.append(int(nanoseconds(batch["start"]).min()))
            ends.append(int(nanoseconds(batch["stop"]).max()))
    return (min(begins), max(ends)) if begins else (0, 0)


def _pieces(rows: Any) -> Iterator[tuple[str | None, Int64s, Int64s, Int64s]]:
    """Label, stops, counts and latencies of each piece of rows with one label."""
    for batch in rows.to_batches():
        labels = batch["label"].dictionary_decode()
        names = labels.unique().to_pylist() if batch.num_rows else []
        columns = [nanoseconds(batch[name]) for name in ("stop", "count", "latency_nanos")]
        for name in names:
            mask = labels.is_null() if name is None else _equals(labels, name)
            of_label = np.asarray(mask.to_numpy(zero_copy_only=False), dtype=bool)
            stops, counts, latencies = (column[of_label] for column in columns)
            yield name, stops, counts, latencies


def _equals(labels: Any, name: str) -> Any:
    import pyarrow.compute as pc

    return pc.fill_null(pc.equal(labels, name), False)


def _round_width(seconds: float) -> float:
    """1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(max(seconds, 1e-3)))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= seconds or step == 10))
