"""The numbers of a trial from its recorder table: FrankenPaxos's columns by its definitions, and `measured.*`.

docs/measuring.md says what every number means, what it does not mean, and when it is null. Memory is bounded for any
number of clients and rows: the rows are read twice, a few row groups at a time, into exact histograms.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow.parquet as pq

from fpray.recorder import columns as names
from fpray.recorder.own_time import own_time_s
from fpray.recorder.pace import pace_of
from fpray.recorder.parquet_reader import Label, RowGroups, Window
from fpray.recorder.parquet_writer import ClientFacts, clients_of
from fpray.recorder.quantiles import Quantiles
from fpray.recorder.steadiness import Steadiness, steadiness_of
from fpray.recorder.tally import Tally, tally_labels
from fpray.recorder.throughput import SECOND, Throughput

Number = float | int | None

_ABSENT = dict.fromkeys(names.FRANKENPAXOS, names.ABSENT)
_LOOPS_ARE_IDLE = 0.95  # throughput x mean latency / loops, below which the clients' own time is estimated
_LONGEST_LABEL, _MOST_NOTED_LABELS = 60, 5  # in notes
_LITTLE_LATENCIES = 10  # in a window of fewer mean latencies, its edges dominate


@dataclass(frozen=True)
class Summary:
    """What a trial's clients measured, as plain values. None is a number that cannot be claimed; `notes` say why.

    Attributes:
        columns: FrankenPaxos's result columns, in its order; -1.0 for an absent label, None where it prints nan.
        measured: `[output.]measured.*`, `measured.window_s`, `measured.requests`, `measured.littles_law`.
        window_ns: [begin, end) of the measured window in nanoseconds since the epoch; None without a window.
        requests: answered in the window, of all labels; 0 without a window.
        unrecorded: an upper limit for the answered requests that unfinished measurement groups hide.
        own_s: the mean time that a client takes for a request itself, between the end of one and the start of the
            next; None where it is not estimated: only where Little's law says that loops are idle.
        reported: rows with a label that is an output's.
        unreported: label -> rows, of other labels.
        largest_count: of one row: above 1, latencies are means of groups.
        steadiness: what was not steady in the window; None where that cannot be judged.
        clients: one for each client process, in the order gathered, with its notes.
        notes: what is unusual, and why a value is None.
    """

    columns: dict[str, float | None]
    measured: dict[str, Number]
    window_ns: tuple[int, int] | None
    requests: int
    unrecorded: int
    clients: tuple[ClientFacts, ...]
    notes: tuple[str, ...]
    own_s: float | None = None
    reported: int = 0
    unreported: Mapping[str, int] = field(default_factory=dict)
    largest_count: int = 1
    steadiness: Steadiness | None = None


def summarize(
    path: str | os.PathLike[str],
    *,
    outputs: Mapping[Label, str],
    closed_loops: int | None = None,
    group_size: int | None = None,
    duration_s: float | None = None,
    warmup_s: float = 0.0,
) -> Summary:
    """Summarize the recorder.parquet that a RecorderWriter wrote.

    The measured window is [latest begin, earliest end) over the clients that recorded anything. A client begins with
    its first start (after `warmup_s`) and ends `duration_s` later. Requests that stop inside the window count.

    Args:
        path: the recorder.parquet.
        outputs: label -> column prefix, such as {"read": "read_output.", "write": "write_output."}, {"write": ""}
            or, for unlabelled tables, {None: ""}.
        closed_loops: of all client processes together; None: unknown.
        group_size: measurement_group_size; None: a table with a count above 1 is grouped.
        duration_s: how long each client was to measure; None: its last start is its end.
        warmup_s: from a client's first recorded start to its measuring, for clients that record their warm-up.

    Raises:
        OSError, ArrowInvalid, KeyError: `path` is not such a file.
    """
    with pq.ParquetFile(path) as file:
        clients = clients_of(file.metadata.metadata)
        table = RowGroups(path, file.metadata)
    notes = [note for client in clients for note in _client_notes(client)]
    begins = {c.client: c.first_start_ns for c in clients if c.first_start_ns is not None}
    if warmup_s:
        begins = table.first_starts_after({c: t + round(warmup_s * SECOND) for c, t in begins.items()})
    window = _measured_window(clients, begins, duration_s, notes)
    labels = tally_labels(table, window)
    tallies = [tally for tally, _ in labels.values()]
    unreported = _unreported(labels, outputs, notes)
    largest = _largest_count(tallies, group_size)
    unrecorded = (largest - 1) * len(clients) * max(len(tallies), 1)
    requests = sum(tally.requests for tally in tallies)
    window_s = (window[1] - window[0]) / SECOND if window else None
    claimed_s = window_s if not any(c.error for c in clients) else None
    columns, metrics = dict[str, float | None](), dict[str, Number]()
    for label, prefix in outputs.items():
        columns |= _prefixed(prefix, _columns_of(*labels[label]) if label in labels else _ABSENT)
        tally = labels[label][0] if label in labels else None
        metrics |= _prefixed(prefix, _measured(tally, claimed_s, largest > 1))
    metrics[names.WINDOW_S] = window_s
    metrics[names.REQUESTS] = None if claimed_s is None else requests
    law = metrics[names.LITTLES_LAW] = _littles_law(tallies, claimed_s, closed_loops, unrecorded, notes)
    return Summary(
        columns,
        metrics,
        window,
        requests,
        unrecorded,
        clients,
        tuple(notes),
        own_s=own_time_s(table) if law is not None and law < _LOOPS_ARE_IDLE else None,
        reported=sum(tally.all.rows for label, (tally, _) in labels.items() if label in outputs),
        unreported=unreported,
        largest_count=largest,
        steadiness=steadiness_of(pace_of(table, window)) if window else None,
    )


def _text(label: Label) -> str:
    return "(none)" if label is None else repr(label)


def _unreported(
    labels: Mapping[Label, tuple[Tally, Throughput]], outputs: Mapping[Label, str], notes: list[str]
) -> dict[str, int]:
    """The labels that no output reports, as they are shown, with their rows. Adds to `notes` the most frequent."""
    texts = {
        label: text if len(text := _text(label)) <= _LONGEST_LABEL else f"{text[:_LONGEST_LABEL]}..."
        for label in labels
    }
    rows = {texts[label]: tally.all.rows for label, (tally, _) in labels.items() if label not in outputs}
    for text in sorted(rows, key=lambda text: -rows[text])[:_MOST_NOTED_LABELS]:
        notes.append(
            f"{rows[text]} rows have the label {text}, for which the protocol declares no output: they are in"
            " no result. Correct the label in the client, or declare it in the protocol's Python file."
        )
    return rows


def _client_notes(client: ClientFacts) -> Iterator[str]:
    yield from client.notes
    if client.error:
        yield f"{client.error} The measured throughput and latency need the rows of all clients, so they are unknown."


def _prefixed(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {prefix + name: value for name, value in values.items()}


def _measured_window(
    clients: Iterable[ClientFacts], begins: Mapping[str, int], duration_s: float | None, notes: list[str]
) -> Window | None:
    """The time in which all clients measured; None if there is none. Adds to `notes` what limits it.

    `begins`: client -> when it began to measure, of the clients that recorded anything.
    """
    ends: dict[str, int] = {}
    for client in clients:
        if client.first_start_ns is None or client.client not in begins:
            if not client.error:
                notes.append(
                    f"{client.client} measured nothing, so it does not count for the measured throughput and latency."
                    f" For the cause, see {client.client}_err.txt in the directory of the trial."
                )
            continue
        assert client.last_start_ns is not None
        ends[client.client] = client.last_start_ns
        if duration_s is not None:
            ends[client.client] = begins[client.client] + round(duration_s * SECOND)
            early = (ends[client.client] - client.last_start_ns) / SECOND
            if early > max(1.0, duration_s / 10):
                notes.append(
                    f"{client.client} received no answer from the servers in the last {early:.3f} s of its measurement."
                    " For the cause, see the logs of the servers in the directory of the trial."
                )
    if not ends:
        return None
    begin, end = max(begins[c] for c in ends), min(ends.values())
    if end <= begin:
        notes.append(
            f"the clients did not measure at the same time: one began {(begin - end) / SECOND:.3f} s after another had"
            " ended. So the measured throughput and latency, which need a time in which all clients measured, are"
            " unknown. Look at the logs of the clients in the directory of the trial."
        )
        return None
    return begin, end


def _largest_count(tallies: Sequence[Tally], group_size: int | None) -> int:
    """The largest count of a row, at least the group size."""
    return max([group_size or 1, *(tally.largest_count for tally in tallies)])


def _columns_of(tally: Tally, throughput: Throughput) -> dict[str, float | None]:
    """FrankenPaxos's columns of one output, without its prefix."""
    rows = tally.all
    latency = {"mean": rows.sum / rows.rows / 1e6, "min": rows.min / 1e6, "max": rows.max / 1e6}
    latency |= _in_ms(rows)
    return {name: (latency if name.startswith("latency") else throughput)[_statistic(name)] for name in _ABSENT}


def _in_ms(latencies: Quantiles) -> dict[str, float]:
    return {name: value / 1e6 for name, value in latencies.quantiles().items()}


def _statistic(column: str) -> str:
    return column.rpartition(".")[2].removesuffix("_ms")


def _measured(tally: Tally | None, window_s: float | None, in_groups: bool) -> dict[str, Number]:
    """fpray's own numbers of one output; all None without a window."""
    latency: dict[str, float | None] = dict.fromkeys(names.MEASURED_STATISTICS)
    throughput = None
    if tally is not None and window_s is not None:
        throughput = tally.requests / window_s
        if tally.requests:
            latency["mean"] = tally.weighted / tally.requests / 1e6
            if not in_groups:
                latency |= {**_in_ms(tally.window), "max": tally.window.max / 1e6}
    return {names.THROUGHPUT: throughput} | {names.measured_latency(s): v for s, v in latency.items()}


def _littles_law(
    tallies: Sequence[Tally], window_s: float | None, closed_loops: int | None, unrecorded: int, notes: list[str]
) -> float | None:
    """The mean number of requests in progress (throughput x mean latency), divided by the closed loops.

    1 if the loops are never idle; None if it cannot be claimed.
    """
    requests, weighted = sum(t.requests for t in tallies), sum(t.weighted for t in tallies)
    if window_s is None or not closed_loops or not requests:
        return None
    latency_s = weighted / requests / SECOND
    if window_s < _LITTLE_LATENCIES * latency_s or requests < _LITTLE_LATENCIES * unrecorded:
        more = f" (and perhaps up to {unrecorded} more ended, but were not recorded)" if unrecorded else ""
        notes.append(
            f"this trial was too short to check, by Little's law, that the clients were never idle: only {requests}"
            f" requests with a mean latency of {latency_s * 1000:.3f} ms were recorded in {window_s:.3f} s{more}. The"
            " results are valid. For this check, measure longer, such as --set duration=10s"
        )
        return None
    return weighted / SECOND / window_s / closed_loops
