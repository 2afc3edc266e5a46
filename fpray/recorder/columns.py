"""The names of the numbers that sum up a trial; docs/measuring.md says what each means and when it is null."""

from __future__ import annotations

from typing import Final

STATISTICS: Final = ("mean", "median", "min", "max", "p90", "p95", "p99")
MEASURED_STATISTICS: Final = ("mean", "median", "p90", "p95", "p99", "max")
ABSENT: Final = -1.0  # what FrankenPaxos writes where nothing was recorded

NOTHING: Final = "no rows: nothing was recorded."  # the end of a note
LEFT_OUT: Final = "left out"  # in notes about lines and rows

_MEASURED: Final = "measured."  # begins fpray's own columns, behind the prefix of an output
THROUGHPUT: Final = f"{_MEASURED}throughput"
WINDOW_S: Final = f"{_MEASURED}window_s"
REQUESTS: Final = f"{_MEASURED}requests"
LITTLES_LAW: Final = f"{_MEASURED}littles_law"

START_THROUGHPUT: Final = "start_throughput_1s"


def latency(statistic: str) -> str:
    """FrankenPaxos's column of a statistic of the latencies, in milliseconds."""
    return f"latency.{statistic}_ms"


def start_throughput(statistic: str) -> str:
    """FrankenPaxos's column of a statistic of the requests that began in each second."""
    return f"{START_THROUGHPUT}.{statistic}"


def measured_latency(statistic: str) -> str:
    """fpray's column of a statistic of the latencies in the measured window, in milliseconds."""
    return f"{_MEASURED}{latency(statistic)}"


def is_measured(column: str) -> bool:
    """Whether a column is fpray's own, not one of FrankenPaxos's; of any output."""
    return _MEASURED in column


def without_output(column: str) -> str:
    """A column of fpray's own without the prefix of its output; another column as it is."""
    return column[column.index(_MEASURED) :] if is_measured(column) else column


# The columns of each output of a protocol, to stand behind its prefix, and those that all outputs share.
FRANKENPAXOS: Final = (*map(latency, STATISTICS), *map(start_throughput, STATISTICS))
MEASURED: Final = (THROUGHPUT, *map(measured_latency, MEASURED_STATISTICS))
MEASURED_TOGETHER: Final = (WINDOW_S, REQUESTS, LITTLES_LAW)
