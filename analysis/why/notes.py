"""What there is to say of peaks as a whole: configurations without one, doubts, loads and repeats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fpray.peak_sampler.goals import Bound
from fpray.store import columns
from fpray_analysis.choice import Row
from fpray_analysis.repeats import throughput_columns
from fpray_analysis.result_set import Results
from fpray_analysis.why.configurations import Configuration


def of_other_throughputs(results: Results, rows: Sequence[Row], x: str) -> Iterator[str]:
    """A sentence for each other throughput that the trials have; x: the one of the peaks."""
    for name in throughput_columns(results.trials):
        if name != x and any(row.get(name) is not None for row in rows):
            yield f"the peaks of {name} may move otherwise: --x {name} takes them"


def of_others(
    rows: Sequence[Row], parameters: Sequence[str], configurations: Sequence[Configuration], bounds: Sequence[Bound]
) -> Iterator[str]:
    """How many configurations of all rows are none of these, which have a peak."""
    count = len({tuple(row.get(name) for name in parameters) for row in rows})
    if others := count - len(configurations):
        lack = f", or keep {' and '.join(map(str, bounds))} at no load" if bounds else ""
        yield f"{others} of {count} configurations are left out, because they have no throughput{lack}"


def of_peaks(configurations: Sequence[Configuration], margin: float) -> Iterator[str]:
    """Why peaks may mislead."""
    count = len(configurations)
    peaks = [row for one in configurations for row in one.peak.trials]
    if doubts := sum(bool(row[columns.DOUBTS]) for row in peaks):
        yield f"{doubts} of the {len(peaks)} trials of these peaks have a doubt (fpray show names it)"
    if single := sum(len(one.series.points) == 1 for one in configurations):
        yield (
            f"{single} of {count} configurations have one load only, so their peak is the throughput at that load. At a"
            " load that saturates no role, an addition moves nothing"
        )
    if alone := sum(len(one.peak.trials) == 1 for one in configurations):
        yield f"{alone} of {count} peaks have no repeats: add --repeat 3 to the sweep, which continues then"
    if rising := sum(one.rise > margin for one in configurations):
        yield (
            f"at {rising} of {count} configurations the throughput still rose by more than {margin:.0%} at the highest"
            " load that was tried, so more load may give more"
        )
