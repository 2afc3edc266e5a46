"""The latency bounds of a search, and whether the rows that clients have written so far show that one is broken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fpray.peak_sampler.goals import Bound
from fpray.protocol.protocol import Protocol
from fpray.recorder.columns import measured_latency

FEWEST_ROWS = 200
_DONE = 1 / 3  # the assumed share of all requests by then: clients may begin late, or become faster
_SPARE = 2.0  # the rows above the limit must be this many times what is allowed in all
_FACTOR = 3.0  # and the statistic must be this many times the limit
_MAY_BE_OVER: Mapping[str, float] = {"p99": 0.01, "p95": 0.05, "p90": 0.1, "median": 0.5, "mean": 0.5}
_MOST_OVER = 0.95
_CHECKED = tuple(_MAY_BE_OVER)  # the statistics of which a bound can be checked while a trial runs
_PERCENTILE = {"p99": 0.99, "p95": 0.95, "p90": 0.9, "median": 0.5}


@dataclass(frozen=True)
class LatencyBound:
    """An upper bound, in ms, of a statistic of the latencies of the rows with a label (None: rows without labels)."""

    label: str | None
    statistic: str
    limit_ms: float

    def broken_by(self, latencies_ms: Sequence[float]) -> str | None:
        """Why the bound cannot be kept any more; None if it can.

        latencies_ms: of rows that are spread over what was measured so far.
        """
        if len(latencies_ms) < FEWEST_ROWS or self.statistic not in _CHECKED:
            return None
        ordered = sorted(latencies_ms)
        over = sum(latency > self.limit_ms for latency in ordered) / len(ordered)
        if self.statistic == "mean":
            value = sum(ordered) / len(ordered)
        else:
            value = ordered[int(_PERCENTILE[self.statistic] * (len(ordered) - 1))]
        enough = min(_MOST_OVER, _SPARE * _MAY_BE_OVER[self.statistic] / _DONE)
        if over < enough or value < _FACTOR * self.limit_ms:
            return None
        return (
            f"after half of the duration the {self.statistic} of {self.label or 'all'} requests is {value:.4g} ms, and"
            f" {over:.0%} of them are above {self.limit_ms:g} ms: your bound cannot be kept any more, so this"
            " trial was stopped; the search continues"
        )


def latency_bounds(protocol: Protocol[Any], bounds: Sequence[Bound]) -> list[LatencyBound]:
    """The upper bounds on measured latencies that can be checked while a trial runs, by the label of the rows."""
    checkable = []
    statistics = {measured_latency(statistic): statistic for statistic in _CHECKED}
    for bound in bounds:
        for label, prefix in protocol.outputs.items():
            statistic = statistics.get(bound.column.removeprefix(prefix))
            if bound.upper and statistic:
                checkable.append(LatencyBound(label, statistic, bound.limit))
    return checkable


def broken_bound(bounds: Iterable[LatencyBound], pieces: Sequence[bytes]) -> str | None:
    """Why the first bound that cannot be kept any more cannot; None if all can.

    pieces: parts of client files, cut anywhere.
    """
    for bound in bounds:
        latencies = [latency for piece in pieces for latency in _latencies(piece, bound.label)]
        if reason := bound.broken_by(latencies):
            return reason
    return None


def _latencies(piece: bytes, label: str | None) -> Iterator[float]:
    """The latencies in ms of the whole rows of a piece that have the label."""
    for line in piece.split(b"\n")[1:-1]:
        fields = [field.strip(b'" \r') for field in line.split(b",")]
        if len(fields) != 5:
            continue
        nanos = fields[2] if label is None else fields[3]
        if nanos.isdigit() and (label is None or fields[4] == label.encode()):
            yield int(nanos) / 1e6
