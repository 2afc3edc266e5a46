"""Numbers from a recorder table: FrankenPaxos's columns by its definitions, and beside them ones that can be defended.

docs/measuring.md says what every number means, what it does not, and when it is null. Memory is bounded whatever
the number of clients and rows: the rows pass by twice, a few row groups at a time, and leave exact histograms.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from fpray.recorder import ClientFacts, clients_of, in_order

Label = str | None
Number = float | int | None
Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_SECOND = 1_000_000_000
_QUANTILES = {"median": 0.5, "p90": 0.90, "p95": 0.95, "p99": 0.99}
_LATENCY = ("mean", "median", "min", "max", "p90", "p95", "p99")
_KEY_SHIFT = 38  # of a double's bits: keeps 14 bits of mantissa, so a histogram bin is 0.006 % wide
_LITTLE_MIN_LATENCIES = 10  # a shorter window is mostly edge


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
        table = _RowGroups(file)
        notes = [note for client in clients for note in _client_notes(client)]
        begins = {c.client: c.first_start_ns for c in clients if c.first_start_ns is not None}
        if warmup_s:
            begins = table.first_starts_after({c: begin + round(warmup_s * _SECOND) for c, begin in begins.items()})
        window = _window(clients, begins, duration_s, notes)
        tallies = _first_pass(table, window)
        _second_pass(table, window, tallies)
    for label in tallies.keys() - outputs.keys():
        notes.append(f"{tallies[label].rows} rows are labelled {label!r}, which no output reports.")
    grouped = (group_size or 1) > 1 or any(t.grouped for t in tallies.values())
    if grouped and (group_size or 1) == 1:
        notes.append("rows count more than one request each, though the group size was given as 1 or not at all.")
    largest = max([group_size or 1, *(t.largest_count for t in tallies.values())])
    unrecorded = (largest - 1) * len(clients) * max(len(outputs), 1)
    usable = not any(c.error for c in clients)
    columns: dict[str, float | None] = {}
    measured: dict[str, Number] = {}
    for label, prefix in outputs.items():
        columns |= _prefixed(prefix, _columns(tallies.get(label)))
        measured |= _prefixed(prefix, _measured(tallies.get(label), window if usable else None, grouped))
    requests = sum(t.window_requests for t in tallies.values())
    window_s = (window[1] - window[0]) / _SECOND if window else None
    measured["measured.window_s"] = window_s
    measured["measured.requests"] = requests if window and usable else None
    measured["measured.littles_law"] = (
        _littles_law(tallies.values(), window_s, closed_loops, unrecorded, notes) if usable else None
    )
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

    def __init__(self, file: pq.ParquetFile) -> None:
        self._file = file
        names = [file.schema_arrow.field(i).name for i in range(len(file.schema_arrow))]
        self._start, self._client = names.index("start"), names.index("client")
        groups = range(file.metadata.num_row_groups)
        firsts = {g: self._statistics(g, self._start).min_raw for g in groups}
        self.order = sorted(groups, key=firsts.__getitem__)
        self.firsts = [firsts[g] for g in self.order]

    def _statistics(self, group: int, column: int) -> Any:
        return self._file.metadata.row_group(group).column(column).statistics
