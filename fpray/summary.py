"""Numbers from a recorder table: FrankenPaxos's columns by its definitions, and beside them ones that can be defended.

docs/measuring.md says what every number means, what it does not, and when it is null. Memory is bounded whatever
the number of clients and rows: the rows pass by twice, a few row groups at a time, and leave exact histograms.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from fpray.recorder import ClientFacts, Int64s, clients_of, in_order, nanoseconds

Label = str | None
Number = float | int | None
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Distribution = tuple[npt.NDArray[Any], Int64s]  # values, and how often each

_SECOND = 1_000_000_000
_QUANTILES = {"median": 0.5, "p90": 0.90, "p95": 0.95, "p99": 0.99}
_STATISTICS = ("mean", "median", "min", "max", "p90", "p95", "p99")
_BIN_SHIFT = 40  # of a double's bits: keeps 12 bits of mantissa
_BIN_ORIGIN = 1023 << 12  # the bin of 1.0
_BATCH_ROWS = 1 << 18
_LITTLE_LATENCIES = 10  # a window of fewer mean latencies is mostly edge


@dataclass(frozen=True)
class Summary:
    """What a trial's clients measured. Plain values; None is "not claimed", and `notes` say why.

    columns: FrankenPaxos's result columns, in its order; -1.0 for an absent label, None where it prints nan.
    measured: `[output.]measured.*`, `measured.window_s`, `measured.requests`, `measured.littles_law`.
    window_ns: [begin, end) of the measured window in nanoseconds since the epoch, None if there is none.
    requests: answered in the window, all labels (0 without a window).
    unrecorded: how many answered requests unfinished measurement groups may hide at most.
    clients: one per client process, in the order gathered, with its notes.
    """

    columns: dict[str, float | None]
    measured: dict[str, Number]
    window_ns: tuple[int, int] | None
    requests: int
    unrecorded: int
    clients: tuple[ClientFacts, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, with tuples as lists."""
        plain = asdict(self)
        plain["window_ns"] = list(self.window_ns) if self.window_ns else None
        plain["notes"] = list(self.notes)
        plain["clients"] = [{**c, "notes": list(c["notes"])} for c in plain["clients"]]
        return plain


def summarize(
    path: str | os.PathLike[str],
    *,
    outputs: Mapping[Label, str],
    closed_loops: int | None = None,
    group_size: int | None = None,
    duration_s: float | None = None,
    warmup_s: float = 0.0,
) -> Summary:
    """Summarizes the recorder.parquet that a Gatherer wrote.

    outputs: label -> column prefix, such as {"read": "read_output.", "write": "write_output."}, {"write": ""} or,
    for unlabelled tables, {None: ""}. closed_loops: over all client processes. group_size: measurement_group_size;
    None takes a table with a count above 1 for grouped. duration_s: how long each client was to measure; None takes
    its last start for its end. warmup_s: from a client's first recorded start to its measuring, for clients that
    record their warm-up.

    The measured window is [latest begin, earliest end) over the clients that recorded anything; a client begins with
    its first start (after warmup_s) and ends duration_s later. Requests whose stop is inside count.
    Raises OSError, ArrowInvalid or KeyError if `path` is no such file.
    """
    with pq.ParquetFile(path) as file:
        clients = clients_of(file.metadata.metadata)
        table = _RowGroups(path, file.metadata)
    notes = [note for client in clients for note in _client_notes(client)]
    begins = {c.client: c.first_start_ns for c in clients if c.first_start_ns is not None}
    if warmup_s:
        begins = table.first_starts_after({c: t + round(warmup_s * _SECOND) for c, t in begins.items()})
    window = _window(clients, begins, duration_s, notes)
    tallies = _tallies(table, window)
    for label in tallies.keys() - outputs.keys():
        notes.append(f"{tallies[label].all.rows} rows are labelled {label!r}, which no output reports.")
    largest = max([group_size or 1, *(t.largest_count for t in tallies.values())])
    if largest > (group_size or 1):
        notes.append(f"rows count up to {largest} requests each: the latencies are means of groups.")
    unrecorded = (largest - 1) * len(clients) * max(len(tallies), 1)
    requests = sum(t.requests for t in tallies.values())
    window_s = (window[1] - window[0]) / _SECOND if window else None
    claimed_s = window_s if not any(c.error for c in clients) else None
    columns: dict[str, float | None] = {}
    measured: dict[str, Number] = {}
    for label, prefix in outputs.items():
        columns |= _prefixed(prefix, _columns(tallies.get(label)))
        measured |= _prefixed(prefix, _measured(tallies.get(label), claimed_s, largest > 1))
    measured["measured.window_s"] = window_s
    measured["measured.requests"] = None if claimed_s is None else requests
    measured["measured.littles_law"] = _littles_law(list(tallies.values()), claimed_s, closed_loops, unrecorded, notes)
    return Summary(columns, measured, window, requests, unrecorded, clients, tuple(notes))


def _client_notes(client: ClientFacts) -> Iterator[str]:
    yield from client.notes
    if client.error:
        yield f"{client.error} Nothing can be claimed for the clients together."


def _prefixed(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {prefix + name: value for name, value in values.items()}


def _window(
    clients: Iterable[ClientFacts], begins: Mapping[str, int], duration_s: float | None, notes: list[str]
) -> tuple[int, int] | None:
    ends: dict[str, int] = {}
    for client in clients:
        if client.first_start_ns is None or client.client not in begins:
            if not client.error:
                notes.append(f"{client.client} measured nothing: the measured window is that of the others.")
            continue
        assert client.last_start_ns is not None
        ends[client.client] = client.last_start_ns
        if duration_s is not None:
            ends[client.client] = begins[client.client] + round(duration_s * _SECOND)
            early = (ends[client.client] - client.last_start_ns) / _SECOND
            if early > max(1.0, duration_s / 10):
                notes.append(f"{client.client} made its last answered request {early:.3f} s before its planned end.")
    if not ends:
        return None
    begin, end = max(begins[c] for c in ends), min(ends.values())
    if end <= begin:
        notes.append(f"the clients did not measure at the same time: {(begin - end) / _SECOND:.3f} s lie between.")
        return None
    return begin, end


class _RowGroups:
    """A recorder table by row group, in the order of the groups' first starts."""

    def __init__(self, path: str | os.PathLike[str], metadata: Any) -> None:
        self._path, self._metadata = path, metadata
        self._mine = threading.local()  # a ParquetFile is for one thread
        columns = {metadata.schema.column(i).path: i for i in range(metadata.num_columns)}
        groups = [metadata.row_group(g) for g in range(metadata.num_row_groups)]
        self._statistics = [{n: g.column(i).statistics for n, i in columns.items()} for g in groups]
        self.order = sorted(range(len(groups)), key=self.first_start)

    def first_start(self, group: int) -> int:
        """The least start, in nanoseconds."""
        return int(self._statistics[group]["start"].min_raw)

    def read(self, group: int, columns: Sequence[str]) -> Any:
        """A table of the columns."""
        if not hasattr(self._mine, "file"):
            self._mine.file = pq.ParquetFile(self._path, metadata=self._metadata)
        return self._mine.file.read_row_group(group, columns=list(columns), use_threads=False)

    def first_starts_after(self, after: Mapping[str, int]) -> dict[str, int]:
        """Each client's first start at or after a time; clients without one are left out."""
        firsts: dict[str, int] = {}
        for group in self.order:
            client = self._statistics[group]["client"].min
            starts = nanoseconds(self.read(group, ["start"])["start"])
            starts = starts[starts >= after[client]]
            if len(starts):
                firsts[client] = min(int(starts.min()), firsts.get(client, int(starts.min())))
        return firsts

    def split(self, group: int, window: tuple[int, int] | None, more: Sequence[str]) -> Iterator[_Rows]:
        """The group's rows by label, with `latency_nanos` and the columns of `more`."""
        stop = self._statistics[group]["stop"]
        inside = window is not None and window[0] <= stop.min_raw and stop.max_raw < window[1]
        mixed = window is not None and not inside and stop.max_raw >= window[0] and stop.min_raw < window[1]
        table = self.read(group, ["latency_nanos", "label", *more, *(["stop"] if mixed else [])])
        values = {name: nanoseconds(table[name]) for name in table.column_names if name != "label"}
        chosen: Bools | bool = inside
        if mixed and window is not None:
            chosen = (values["stop"] >= window[0]) & (values["stop"] < window[1])
        labels = table["label"].combine_chunks()
        codes = labels.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        for code in np.unique(codes):
            own = codes == code
            yield _Rows(
                labels.dictionary[int(code)].as_py() if code >= 0 else None,
                {name: column[own] for name, column in values.items()},
                chosen[own] if isinstance(chosen, np.ndarray) else chosen,
            )


@dataclass(frozen=True)
class _Rows:
    """Rows of one label; `inside` the measured window are all, none, or those of a mask."""

    label: Label
    columns: Mapping[str, Int64s]
    inside: Bools | bool

    def in_window(self, values: Int64s) -> Int64s:
        """Those of the values that belong to rows inside the window."""
        if isinstance(self.inside, np.ndarray):
            return values[self.inside]
        return values if self.inside else values[:0]


class _Histogram:
    """How often each integer occurred; grows to the span of what it has seen."""

    def __init__(self) -> None:
        self._low, self._counts = 0, np.zeros(0, np.int64)

    def add(self, values: Int64s) -> None:
        if not len(values):
            return
        low = int(values.min())
        counts = np.bincount(values - low)
        first, end = low, low + len(counts)
        if len(self._counts):
            first, end = min(first, self._low), max(end, self._low + len(self._counts))
        if end - first > len(self._counts):
            grown = np.zeros(end - first, np.int64)
            grown[self._low - first :][: len(self._counts)] = self._counts
            self._low, self._counts = first, grown
        self._counts[low - self._low :][: len(counts)] += counts

    def distribution(self) -> Distribution:
        """The values that occurred, ascending, and how often."""
        seen = np.flatnonzero(self._counts)
        return seen + self._low, self._counts[seen]


class _Latencies:
    """Statistics of latencies that pass by twice: first their bins are counted, then the few needed kept."""

    def __init__(self) -> None:
        self.rows, self.sum, self.min, self.max = 0, 0, 0, 0
        self._bins = _Histogram()
        self._kept: list[Distribution] = []

    def count(self, latencies: Int64s, bins: Int64s) -> None:
        """First pass."""
        if not len(latencies):
            return
        low, high = int(latencies.min()), int(latencies.max())
        self.min, self.max = (min(self.min, low), max(self.max, high)) if self.rows else (low, high)
        self.rows += len(latencies)
        self.sum += int(latencies.sum())
        self._bins.add(bins)

    def wanted(self) -> Int64s:
        """The bins in which the quantiles lie."""
        bins, counts = self._bins.distribution()
        return bins[np.searchsorted(np.cumsum(counts), _ranks(self.rows), side="right")]

    def keep(self, latencies: Int64s) -> None:
        """Second pass: all of the wanted bins' latencies; others do no harm."""
        self._kept.append(np.unique(latencies, return_counts=True))

    def quantiles(self) -> dict[str, float]:
        """In milliseconds."""
        bins, counts = self._bins.distribution()
        before = np.concatenate(([0], np.cumsum(counts)))
        kept = _merged(self._kept)
        kept_bins = _bins(kept[0])
        found = []
        for rank in _ranks(self.rows):
            i = int(np.searchsorted(before, rank, side="right")) - 1
            mine = kept_bins == bins[i]
            found.append(_at((kept[0][mine], kept[1][mine]), np.array([rank - before[i]]))[0])
        return {name: value / 1e6 for name, value in _interpolated(np.array(found), self.rows).items()}


class _Throughput:
    """The rolling one-second sums of counts at each row of one label, over starts that arrive nearly in order."""

    def __init__(self, label: Label) -> None:
        self._unlabelled = label is None
        self._waiting: list[tuple[Int64s, Int64s]] = []
        self._starts, self._sums = np.zeros(0, np.int64), np.zeros(1, np.int64)  # the last second's
        self._first: int | None = None
        self._rows = self._left = 0
        self._rates = _Histogram()
        self._early: list[Floats] = []

    def add(self, starts: Int64s, counts: Int64s) -> None:
        self._waiting.append((starts, counts))

    def advance(self, until: int | None) -> None:
        """No more starts before `until` will come (None: none at all)."""
        waiting = sum(len(starts) for starts, _ in self._waiting)
        if waiting == 0 or (until is not None and waiting < 2 * self._left + _BATCH_ROWS):
            return
        starts = np.concatenate([s for s, _ in self._waiting])
        counts = np.concatenate([c for _, c in self._waiting])
        order = np.argsort(starts, kind="stable")
        starts, counts = starts[order], counts[order]
        ready = len(starts) if until is None else int(np.searchsorted(starts, until))
        self._waiting = [(starts[ready:], counts[ready:])]
        self._left = len(starts) - ready
        if ready:
            self._roll(starts[:ready], counts[:ready])

    def _roll(self, starts: Int64s, counts: Int64s) -> None:
        before = len(self._starts)
        all_starts = np.concatenate((self._starts, starts))
        sums = np.concatenate((self._sums, self._sums[-1] + np.cumsum(counts)))  # one longer: begins before all
        first = np.searchsorted(all_starts, starts - _SECOND, side="right")  # the window is (t - 1 s, t]
        self._count(starts, sums[before + 1 :] - sums[first])
        keep = int(np.searchsorted(all_starts, starts[-1] - _SECOND, side="right"))
        self._starts, self._sums = all_starts[keep:], sums[keep:]

    def _count(self, starts: Int64s, rates: Int64s) -> None:
        self._first = int(starts[0]) if self._first is None else self._first
        full = int(np.searchsorted(starts, self._first + _SECOND, side="right" if self._unlabelled else "left"))
        skipped = max(0, 100 - self._rows) if self._unlabelled else 0
        if self._unlabelled and skipped < full:
            # Rows so far over the time so far, in whole microseconds; of equal starts the last row counts.
            rows = self._rows + np.searchsorted(starts, starts[skipped:full], side="right")
            self._early.append(rows / np.maximum((starts[skipped:full] - self._first) // 1000, 1) * 1e6)
        self._rates.add(rates[max(full, skipped) :])
        self._rows += len(starts)

    def statistics(self) -> dict[str, float | None]:
        """In requests per second; None (nan in FrankenPaxos) if there was not a second to look at."""
        rates, rows = _merged([self._rates.distribution(), *((e, np.ones(len(e), np.int64)) for e in self._early)])
        if not len(rates):
            return dict.fromkeys(_STATISTICS)
        total = int(rows.sum())
        found = _interpolated(_at((rates, rows), _ranks(total)), total)
        mean = float((rates * (rows / total)).sum())
        return {"mean": mean, "min": float(rates[0]), "max": float(rates[-1]), **found}


@dataclass
class _Tally:
    """What is known of one label's rows."""

    throughput: _Throughput
    all: _Latencies = field(default_factory=_Latencies)
    window: _Latencies = field(default_factory=_Latencies)
    requests: int = 0  # in the window
    weighted: int = 0  # sum of count x latency over the window, in nanoseconds
    largest_count: int = 1


def _tallies(groups: _RowGroups, window: tuple[int, int] | None) -> dict[Label, _Tally]:
    tallies: dict[Label, _Tally] = {}
    loaded = in_order(lambda g: list(groups.split(g, window, ["start", "count"])), groups.order)
    nexts = [groups.first_start(g) for g in groups.order[1:]]
    for parts, until in zip(loaded, [*nexts, None], strict=True):
        for rows in parts:
            if rows.label not in tallies:
                tallies[rows.label] = _Tally(_Throughput(rows.label))
            _count(tallies[rows.label], rows)
        for tally in tallies.values():
            tally.throughput.advance(until)
    wanted = np.unique(
        np.concatenate(
            [np.zeros(0, np.int64)]
            + [latencies.wanted() for t in tallies.values() for latencies in (t.all, t.window) if latencies.rows]
        )
    )
    for parts in in_order(lambda g: list(groups.split(g, window, [])), groups.order):
        for rows in parts:
            latencies = rows.columns["latency_nanos"]
            needed = np.isin(_bins(latencies), wanted)
            tallies[rows.label].all.keep(latencies[needed])
            inside = rows.in_window(latencies)
            tallies[rows.label].window.keep(inside[np.isin(_bins(inside), wanted)])
    return tallies


def _count(tally: _Tally, rows: _Rows) -> None:
    latencies, counts = rows.columns["latency_nanos"], rows.columns["count"]
    bins = _bins(latencies)
    tally.all.count(latencies, bins)
    tally.window.count(rows.in_window(latencies), rows.in_window(bins))
    tally.requests += int(rows.in_window(counts).sum())
    tally.weighted += int((rows.in_window(counts) * rows.in_window(latencies)).sum())
    tally.largest_count = max(tally.largest_count, int(counts.max()))
    tally.throughput.add(rows.columns["start"], counts)


def _columns(tally: _Tally | None) -> dict[str, float | None]:
    """FrankenPaxos's columns of one output."""
    latency: Mapping[str, float | None] = dict.fromkeys(_STATISTICS, -1.0)
    throughput = latency
    if tally is not None:
        rows = tally.all
        extremes = {"mean": rows.sum / rows.rows / 1e6, "min": rows.min / 1e6, "max": rows.max / 1e6}
        latency, throughput = {**extremes, **rows.quantiles()}, tally.throughput.statistics()
    return {f"latency.{s}_ms": latency[s] for s in _STATISTICS} | {
        f"start_throughput_1s.{s}": throughput[s] for s in _STATISTICS
    }


def _measured(tally: _Tally | None, window_s: float | None, grouped: bool) -> dict[str, Number]:
    """fpray's own numbers of one output."""
    latency: dict[str, float | None] = dict.fromkeys(("mean", "median", "p90", "p95", "p99", "max"))
    throughput = None
    if tally is not None and window_s is not None:
        throughput = tally.requests / window_s
        if tally.requests:
            latency["mean"] = tally.weighted / tally.requests / 1e6
            if not grouped:
                latency |= {**tally.window.quantiles(), "max": tally.window.max / 1e6}
    return {"measured.throughput": throughput} | {f"measured.latency.{s}_ms": v for s, v in latency.items()}


def _littles_law(
    tallies: Iterable[_Tally], window_s: float | None, closed_loops: int | None, unrecorded: int, notes: list[str]
) -> float | None:
    """Requests under way on average (throughput x mean latency) over the closed loops; 1 if loops never idle."""
    requests, weighted = sum(t.requests for t in tallies), sum(t.weighted for t in tallies)
    if window_s is None or not closed_loops or not requests:
        return None
    latency_s = weighted / requests / _SECOND
    if window_s < _LITTLE_LATENCIES * latency_s or requests < _LITTLE_LATENCIES * unrecorded:
        notes.append(
            f"Little's law is not decided: {window_s:.3f} s hold {window_s / latency_s:.1f} mean latencies, and "
            f"unfinished groups may hide {unrecorded} requests beside {requests}."
        )
        return None
    return weighted / _SECOND / window_s / closed_loops


def _bins(latencies: Int64s) -> Int64s:
    """Monotone bin numbers, 0.02 % wide; all below 1 ns are bin 0."""
    bins: Int64s = np.maximum((latencies.astype(np.float64).view(np.int64) >> _BIN_SHIFT) - _BIN_ORIGIN, 0)
    return bins


def _ranks(rows: int) -> Int64s:
    """The two neighbours of each quantile, by linear interpolation between closest ranks (numpy's default)."""
    places = np.array([q * (rows - 1) for q in _QUANTILES.values()])
    return np.stack((np.floor(places), np.ceil(places)), 1).astype(np.int64).ravel()


def _interpolated(neighbours: Floats, rows: int) -> dict[str, float]:
    low, high = neighbours[0::2], neighbours[1::2]
    fractions = np.array([q * (rows - 1) % 1 for q in _QUANTILES.values()])
    return dict(zip(_QUANTILES, (low + (high - low) * fractions).tolist(), strict=True))


def _merged(distributions: Sequence[Distribution]) -> Distribution:
    values = np.concatenate([v for v, _ in distributions])
    order = np.argsort(values)
    return values[order], np.concatenate([n for _, n in distributions])[order]


def _at(distribution: Distribution, ranks: Int64s) -> Floats:
    values, times = distribution
    found: Floats = values[np.searchsorted(np.cumsum(times), ranks, side="right")].astype(np.float64)
    return found
