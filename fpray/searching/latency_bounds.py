"""The bounds of a search that a trial can check while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fpray.peak_sampler.goals import Bound
from fpray.protocol.protocol import Protocol
from fpray.recorder.columns import measured_latency
from fpray.trial.latency_bound import CHECKED, LatencyBound


def latency_bounds(protocol: Protocol[Any], bounds: Sequence[Bound]) -> list[LatencyBound]:
    """The upper bounds on measured latencies that can be checked, by the label of the recorded rows."""
    checkable = []
    statistics = {measured_latency(statistic): statistic for statistic in CHECKED}
    for bound in bounds:
        for label, prefix in protocol.outputs.items():
            statistic = statistics.get(bound.column.removeprefix(prefix))
            if bound.upper and statistic:
                checkable.append(LatencyBound(label, statistic, bound.limit))
    return checkable
