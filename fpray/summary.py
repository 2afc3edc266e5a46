"""Numbers from a recorder table: FrankenPaxos's columns by its definitions, and beside them ones that can be defended.

docs/measuring.md says what every number means, what it does not, and when it is null. Memory is bounded whatever
the number of clients and rows: the rows pass by twice, a few row groups at a time, and leave exact histograms.
"""

from __future__ import annotations

import itertools
import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from fpray.recorder import ROW_GROUPS_KEY, SCHEMA, ClientFacts, Int64s, clients_of, nanoseconds

Label = str | None
Number = float | int | None
Window = tuple[int, int]  # [begin, end) in nanoseconds since the epoch
Floats = npt.NDArray[np.float64]
Distribution = tuple[npt.NDArray[Any], Int64s]  # values, and how often each

_SECOND = 1_000_000_000
_QUANTILES = {"median": 0.5, "p90": 0.90, "p95": 0.95, "p99": 0.99}
_STATISTICS = ("mean", "median", "min", "max", "p90", "p95", "p99")
_ABSENT = {f"latency.{s}_ms": -1.0 for s in _STATISTICS} | {f"start_throughput_1s.{s}": -1.0 for s in _STATISTICS}
_BIN_SHIFT = 40  # of a double's bits: keeps 12 bits of mantissa
_BIN_ORIGIN = 1023 << 12  # the bin of 1.0
_BINS = 64 << 12
_BATCH_ROWS = 1 << 17
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
    with ThreadPoolExecutor() as pool:  # one task per label and column: they share nothing
        throughputs = {label: pool.submit(_throughput, table, label) for label in table.labels}
        waiting = {label: pool.submit(_tally, table, label, window) for label in table.labels}
        tallies = {label: tally.result() for label, tally in waiting.items()}
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
        columns |= _prefixed(
            prefix, _columns(tallies[label], throughputs[label].result()) if label in tallies else _ABSENT
        )
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
) -> Window | None:
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
        at = [SCHEMA.get_field_index(name) for name in ("start", "stop", "count")]
        groups = [
            _RowGroup(number, client, label, *(metadata.row_group(number).column(i).statistics for i in at))
            for number, (client, label) in enumerate(json.loads(metadata.metadata[ROW_GROUPS_KEY]))
        ]
        self.groups = sorted(groups, key=lambda group: group.start.min_raw)
        self.labels = {group.label for group in groups}

    def of(self, label: Label) -> list[_RowGroup]:
        """Those of one label."""
        return [group for group in self.groups if group.label == label]

    def read(self, group: _RowGroup, columns: Sequence[str]) -> dict[str, Int64s]:
        """The columns, as integers."""
        if not hasattr(self._mine, "file"):
            self._mine.file = pq.ParquetFile(self._path, metadata=self._metadata, pre_buffer=False)
        table = self._mine.file.read_row_group(group.number, columns=list(columns), use_threads=False)
        return {name: nanoseconds(table[name]) for name in columns}

    def first_starts_after(self, after: Mapping[str, int]) -> dict[str, int]:
        """Each client's first start at or after a time; clients without one are left out."""
        firsts: dict[str, int] = {}
        for group in self.groups:
            starts = self.read(group, ["start"])["start"]
            later = starts[starts >= after[group.client]]
            if len(later):
                firsts[group.client] = min(int(later.min()), firsts.get(group.client, int(later.min())))
        return firsts


@dataclass(frozen=True)
class _RowGroup:
    """One client's rows of one label, and the statistics of their columns."""

    number: int
    client: str
    label: Label
    start: Any
    stop: Any
    count: Any

    @property
    def rows(self) -> int:
        """How many."""
        return int(self.start.num_values)

    @property
    def uniform(self) -> bool:
        """Whether all rows have the same count."""
        return bool(self.count.min == self.count.max)

    def inside(self, window: Window | None) -> bool | None:
        """Whether all or none of the rows stop inside the window; None if some do."""
        if window is None or self.stop.max_raw < window[0] or self.stop.min_raw >= window[1]:
            return False
        return True if window[0] <= self.stop.min_raw and self.stop.max_raw < window[1] else None


class _Histogram:
    """How often each integer occurred; as long as the span of what it has seen."""

    def __init__(self, values: Int64s | None = None) -> None:
        self.low, self.counts = 0, np.zeros(0, np.int64)
        if values is not None and len(values):
            self.low = int(values.min())
            self.counts = np.bincount(values - self.low)

    def add(self, other: _Histogram) -> None:
        if not len(other.counts):
            return
        if not len(self.counts):
            self.low = other.low
        low = min(self.low, other.low)
        high = max(self.low + len(self.counts), other.low + len(other.counts))
        if high - low > len(self.counts):
            grown = np.zeros(high - low, np.int64)
            grown[self.low - low :][: len(self.counts)] = self.counts
            self.low, self.counts = low, grown
        self.counts[other.low - self.low :][: len(other.counts)] += other.counts

    def distribution(self) -> Distribution:
        """The values that occurred, ascending, and how often."""
        seen = np.flatnonzero(self.counts)
        return seen + self.low, self.counts[seen]


class _Latencies:
    """Statistics of latencies that pass by twice: first their bins are counted, then the few needed kept."""

    def __init__(self, latencies: Int64s | None = None) -> None:
        """First pass."""
        self.rows, self.sum, self.min, self.max = 0, 0, 2**63, -(2**63)
        self._bins = _Histogram()
        self._kept: list[Distribution] = []
        if latencies is not None and len(latencies):
            self.rows, self.sum = len(latencies), int(latencies.sum())
            self.min, self.max = int(latencies.min()), int(latencies.max())
            self._bins = _Histogram(_bins(latencies))

    def add(self, other: _Latencies) -> None:
        """First pass: takes what another has counted."""
        self.rows, self.sum = self.rows + other.rows, self.sum + other.sum
        self.min, self.max = min(self.min, other.min), max(self.max, other.max)
        self._bins.add(other._bins)

    def wanted(self) -> Int64s:
        """The bins in which the quantiles lie."""
        bins, counts = self._bins.distribution()
        return bins[np.searchsorted(np.cumsum(counts), _ranks(self.rows), side="right")] if self.rows else bins

    def keep(self, kept: Distribution) -> None:
        """Second pass: at least all latencies of the wanted bins."""
        self._kept.append(kept)

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
    """The rolling one-second sums of counts at each row of one label."""

    def __init__(self, label: Label) -> None:
        self._unlabelled = label is None
        self._starts = np.zeros(0, np.int64)  # the last second's, and their counts: a number while all agree
        self._counts: Int64s | int | None = None
        self._first: int | None = None
        self._rows = 0
        self._rates = _Histogram()
        self._early: list[Floats] = []

    def add(self, starts: Int64s, counts: Int64s | int) -> None:
        """The next rows, ascending; no two calls share a start. `counts`: a number if all are the same."""
        before = len(self._starts)
        all_starts = np.concatenate((self._starts, starts))
        first = _searchsorted(all_starts, starts - _SECOND)  # the window is (t - 1 s, t]
        keep = int(np.searchsorted(all_starts, starts[-1] - _SECOND, side="right"))
        if isinstance(counts, int) and (
            self._counts is None or (isinstance(self._counts, int) and self._counts == counts)
        ):
            rates = np.arange(before + 1, len(all_starts) + 1) - first
            if counts != 1:
                rates *= counts
            self._counts = counts
        else:
            if not isinstance(self._counts, np.ndarray):
                self._counts = np.full(before, self._counts or 0)
            all_counts = np.concatenate((self._counts, np.broadcast_to(counts, len(starts))))
            sums = np.concatenate(([0], np.cumsum(all_counts)))
            rates = sums[before + 1 :] - sums[first]
            self._counts = all_counts[keep:].copy()
        self._starts = all_starts[keep:].copy()
        self._count(starts, rates)

    def _count(self, starts: Int64s, rates: Int64s) -> None:
        self._first = int(starts[0]) if self._first is None else self._first
        full = int(np.searchsorted(starts, self._first + _SECOND, side="right" if self._unlabelled else "left"))
        skipped = max(0, 100 - self._rows) if self._unlabelled else 0
        if self._unlabelled and skipped < full:
            # Rows so far over the time so far, in whole microseconds; of equal starts the last row counts.
            rows = self._rows + np.searchsorted(starts, starts[skipped:full], side="right")
            self._early.append(rows / np.maximum((starts[skipped:full] - self._first) // 1000, 1) * 1e6)
        self._rates.add(_Histogram(rates[max(full, skipped) :]))
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
    """What is known of one label's latencies, of all rows and of those in the window."""

    all: _Latencies = field(default_factory=_Latencies)
    window: _Latencies = field(default_factory=_Latencies)
    requests: int = 0  # in the window
    weighted: int = 0  # sum of count x latency in the window, nanoseconds
    largest_count: int = 1


def _throughput(table: _RowGroups, label: Label) -> _Throughput:
    throughput = _Throughput(label)
    for starts, counts in _in_time_order(table, table.of(label)):
        throughput.add(starts, counts)
    return throughput


def _in_time_order(table: _RowGroups, groups: Sequence[_RowGroup]) -> Iterator[tuple[Int64s, Int64s | int]]:
    """All starts and counts, ascending: what is before the first start of the groups not yet read is complete."""
    waiting: list[tuple[Int64s, Int64s | int]] = []
    rows = left = 0
    for group, following in itertools.zip_longest(groups, groups[1:]):
        waiting.append(_sorted([_starts(table, group)]))
        rows += group.rows
        if following is not None and rows < left + _BATCH_ROWS:
            continue
        ends = [
            len(starts) if following is None else int(np.searchsorted(starts, following.start.min_raw))
            for starts, _ in waiting
        ]
        if any(ends):
            yield _sorted([_cut(piece, slice(0, end)) for piece, end in zip(waiting, ends, strict=True)])
        pieces = [_cut(piece, slice(end, None)) for piece, end in zip(waiting, ends, strict=True)]
        waiting = [piece for piece in pieces if len(piece[0])]
        rows = left = sum(len(starts) for starts, _ in waiting)


def _starts(table: _RowGroups, group: _RowGroup) -> tuple[Int64s, Int64s | int]:
    if group.uniform:
        return table.read(group, ["start"])["start"], int(group.count.min)
    columns = table.read(group, ["start", "count"])
    return columns["start"], columns["count"]


def _cut(piece: tuple[Int64s, Int64s | int], part: slice) -> tuple[Int64s, Int64s | int]:
    starts, counts = piece
    return starts[part], counts if isinstance(counts, int) else counts[part]


def _tally(table: _RowGroups, label: Label, window: Window | None) -> _Tally:
    tally = _Tally()
    for group in table.of(label):
        _count(table, group, window, tally)
    wanted = np.zeros(_BINS, np.bool_)
    wanted[tally.all.wanted()] = wanted[tally.window.wanted()] = True
    for group in table.of(label):
        _keep(table, group, window, tally, wanted)
    return tally


def _count(table: _RowGroups, group: _RowGroup, window: Window | None, tally: _Tally) -> None:
    """First pass."""
    inside = group.inside(window)
    names = ["latency_nanos"] + ["count"] * (not group.uniform) + ["stop"] * (inside is None)
    columns = table.read(group, names)
    latencies = columns["latency_nanos"]
    chosen = _chosen(columns, inside, window)
    all_ = _Latencies(latencies)
    inner = all_ if inside else _Latencies(latencies[chosen])
    tally.all.add(all_)
    tally.window.add(inner)
    tally.largest_count = max(tally.largest_count, group.count.max)
    if group.uniform:
        tally.requests += group.count.min * inner.rows
        tally.weighted += group.count.min * inner.sum
    else:
        counts = columns["count"][chosen]
        tally.requests += int(counts.sum())
        tally.weighted += int((counts * latencies[chosen]).sum())


def _keep(
    table: _RowGroups, group: _RowGroup, window: Window | None, tally: _Tally, wanted: npt.NDArray[np.bool_]
) -> None:
    """Second pass."""
    inside = group.inside(window)
    columns = table.read(group, ["latency_nanos"] + ["stop"] * (inside is None))
    latencies = columns["latency_nanos"]
    needed = wanted.take(_bins(latencies))
    all_ = np.unique(latencies[needed], return_counts=True)
    tally.all.keep(all_)
    if inside:
        tally.window.keep(all_)
    else:
        chosen = _chosen(columns, inside, window)
        tally.window.keep(np.unique(latencies[chosen][needed[chosen]], return_counts=True))


def _chosen(columns: Mapping[str, Int64s], inside: bool | None, window: Window | None) -> Any:
    """What selects the rows whose stop is in the window."""
    if inside is not None or window is None:
        return slice(None) if inside else slice(0)
    return (columns["stop"] >= window[0]) & (columns["stop"] < window[1])


def _sorted(pieces: Sequence[tuple[Int64s, Int64s | int]]) -> tuple[Int64s, Int64s | int]:
    """All starts, ascending, with their counts: one number if there is only one."""
    starts = np.concatenate([starts for starts, _ in pieces])
    uniform = {counts for _, counts in pieces if isinstance(counts, int)}
    if len(uniform) == 1 and all(isinstance(counts, int) for _, counts in pieces):
        starts.sort()
        return starts, uniform.pop()
    order = np.argsort(starts, kind="stable")
    counts = [np.full(len(starts), c) if isinstance(c, int) else c for starts, c in pieces]
    return starts[order], np.concatenate(counts)[order]


def _searchsorted(values: Int64s, wanted: Int64s) -> Int64s:
    """`searchsorted(values, wanted, side="right")` for ascending `wanted`: piecewise, it stays in the cache."""
    piece = 2048
    edges = np.searchsorted(values, [*wanted[::piece], wanted[-1]], side="right").tolist()
    found = np.empty(len(wanted), np.int64)
    for i, (low, high) in enumerate(itertools.pairwise(edges)):
        part = slice(i * piece, (i + 1) * piece)
        found[part] = values[low:high].searchsorted(wanted[part], side="right") + low
    return found


def _columns(tally: _Tally, throughput: _Throughput) -> dict[str, float | None]:
    """FrankenPaxos's columns of one output."""
    rows = tally.all
    latency = {"mean": rows.sum / rows.rows / 1e6, "min": rows.min / 1e6, "max": rows.max / 1e6}
    latency |= rows.quantiles()
    rates = throughput.statistics()
    return {name: (latency if name.startswith("latency") else rates)[_statistic(name)] for name in _ABSENT}


def _statistic(column: str) -> str:
    return column.rpartition(".")[2].removesuffix("_ms")


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
