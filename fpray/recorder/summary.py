"""Numbers from a recorder table: FrankenPaxos's columns by its definitions, and beside them ones that can be defended.

docs/measuring.md says what every number means, what it does not, and when it is null. Memory is bounded whatever
the number of clients and rows: the rows pass by twice, a few row groups at a time, and leave exact histograms.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from fpray.recorder import columns as names
from fpray.recorder.csv_reader import cores
from fpray.recorder.parquet_reader import Label, RowGroup, RowGroups, Window
from fpray.recorder.parquet_writer import ClientFacts, clients_of
from fpray.recorder.quantiles import BINS, Latencies, bins_of
from fpray.recorder.schema import Int64s
from fpray.recorder.throughput import SECOND, Throughput, rolling_throughput

Number = float | int | None

_ABSENT = dict.fromkeys(names.FRANKENPAXOS, names.ABSENT)
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
        table = RowGroups(path, file.metadata)
    notes = [note for client in clients for note in _client_notes(client)]
    begins = {c.client: c.first_start_ns for c in clients if c.first_start_ns is not None}
    if warmup_s:
        begins = table.first_starts_after({c: t + round(warmup_s * SECOND) for c, t in begins.items()})
    window = _window(clients, begins, duration_s, notes)
    # One task per label and column: they share nothing.
    throughputs = {label: cores().submit(rolling_throughput, table, label) for label in table.labels}
    waiting = {label: cores().submit(_tally, table, label, window) for label in table.labels}
    tallies = {label: tally.result() for label, tally in waiting.items()}
    for label in tallies.keys() - outputs.keys():
        notes.append(f"{tallies[label].all.rows} rows are labelled {label!r}, which no output reports.")
    largest = max([group_size or 1, *(t.largest_count for t in tallies.values())])
    if largest > (group_size or 1):
        notes.append(f"rows count up to {largest} requests each: the latencies are means of groups.")
    unrecorded = (largest - 1) * len(clients) * max(len(tallies), 1)
    requests = sum(t.requests for t in tallies.values())
    window_s = (window[1] - window[0]) / SECOND if window else None
    claimed_s = window_s if not any(c.error for c in clients) else None
    columns: dict[str, float | None] = {}
    measured: dict[str, Number] = {}
    for label, prefix in outputs.items():
        columns |= _prefixed(
            prefix, _columns(tallies[label], throughputs[label].result()) if label in tallies else _ABSENT
        )
        measured |= _prefixed(prefix, _measured(tallies.get(label), claimed_s, largest > 1))
    measured[names.WINDOW_S] = window_s
    measured[names.REQUESTS] = None if claimed_s is None else requests
    measured[names.LITTLES_LAW] = _littles_law(list(tallies.values()), claimed_s, closed_loops, unrecorded, notes)
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
            ends[client.client] = begins[client.client] + round(duration_s * SECOND)
            early = (ends[client.client] - client.last_start_ns) / SECOND
            if early > max(1.0, duration_s / 10):
                notes.append(f"{client.client} made its last answered request {early:.3f} s before its planned end.")
    if not ends:
        return None
    begin, end = max(begins[c] for c in ends), min(ends.values())
    if end <= begin:
        notes.append(f"the clients did not measure at the same time: {(begin - end) / SECOND:.3f} s lie between.")
        return None
    return begin, end


@dataclass
class _Tally:
    """What is known of one label's latencies, of all rows and of those in the window."""

    all: Latencies = field(default_factory=Latencies)
    window: Latencies = field(default_factory=Latencies)
    requests: int = 0  # in the window
    weighted: int = 0  # sum of count x latency in the window, nanoseconds
    largest_count: int = 1


def _tally(table: RowGroups, label: Label, window: Window | None) -> _Tally:
    tally = _Tally()
    for group in table.of(label):
        _count(table, group, window, tally)
    wanted = np.zeros(BINS, np.bool_)
    wanted[tally.all.wanted()] = wanted[tally.window.wanted()] = True
    for group in table.of(label):
        _keep(table, group, window, tally, wanted)
    return tally


def _count(table: RowGroups, group: RowGroup, window: Window | None, tally: _Tally) -> None:
    """First pass."""
    inside = group.inside(window)
    names = ["latency_nanos"] + ["count"] * (not group.uniform) + ["stop"] * (inside is None)
    columns = table.read(group, names)
    latencies = columns["latency_nanos"]
    chosen = _chosen(columns, inside, window)
    all_ = Latencies(latencies)
    inner = all_ if inside else Latencies(latencies[chosen])
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
    table: RowGroups, group: RowGroup, window: Window | None, tally: _Tally, wanted: npt.NDArray[np.bool_]
) -> None:
    """Second pass."""
    inside = group.inside(window)
    columns = table.read(group, ["latency_nanos"] + ["stop"] * (inside is None))
    latencies = columns["latency_nanos"]
    needed = wanted.take(bins_of(latencies))
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


def _columns(tally: _Tally, throughput: Throughput) -> dict[str, float | None]:
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
    latency: dict[str, float | None] = dict.fromkeys(names.MEASURED_STATISTICS)
    throughput = None
    if tally is not None and window_s is not None:
        throughput = tally.requests / window_s
        if tally.requests:
            latency["mean"] = tally.weighted / tally.requests / 1e6
            if not grouped:
                latency |= {**tally.window.quantiles(), "max": tally.window.max / 1e6}
    return {names.THROUGHPUT: throughput} | {names.measured_latency(s): v for s, v in latency.items()}


def _littles_law(
    tallies: Iterable[_Tally], window_s: float | None, closed_loops: int | None, unrecorded: int, notes: list[str]
) -> float | None:
    """Requests under way on average (throughput x mean latency) over the closed loops; 1 if loops never idle."""
    requests, weighted = sum(t.requests for t in tallies), sum(t.weighted for t in tallies)
    if window_s is None or not closed_loops or not requests:
        return None
    latency_s = weighted / requests / SECOND
    if window_s < _LITTLE_LATENCIES * latency_s or requests < _LITTLE_LATENCIES * unrecorded:
        notes.append(
            f"Little's law is not decided: {window_s:.3f} s hold {window_s / latency_s:.1f} mean latencies, and "
            f"unfinished groups may hide {unrecorded} requests beside {requests}."
        )
        return None
    return weighted / SECOND / window_s / closed_loops
