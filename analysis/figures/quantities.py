"""What a column is called on an axis: words and a unit, never the raw name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from fpray.recorder import columns
from fpray_analysis.loaded import LOOPS, PROTOCOL, SUITE

_STATISTICS: Final = {
    "mean": "mean", "median": "median", "min": "lowest", "max": "highest", "p90": "90th percentile of",
    "p95": "95th percentile of", "p99": "99th percentile of",
}  # fmt: skip
_FIGURE: Final = re.compile(
    r"(?P<output>(?:\w+\.)*?)(?P<own>measured\.)?"
    r"(?:latency\.(?P<latency>\w+)_ms|(?P<edge>start|stop)_throughput_(?P<seconds>\d+)s\.(?P<rate>\w+)|throughput)"
)
_WORDS: Final = {
    columns.WINDOW_S: ("measured window", "s"),
    columns.REQUESTS: ("requests", ""),
    columns.LITTLES_LAW: ("loops by Little's law, of those that there are", ""),
    LOOPS: ("closed loops of all clients", ""),
    SUITE: ("suite", ""),
    PROTOCOL: ("protocol", ""),
    "repeat": ("repeat", ""),
    "wall_s": ("time of a trial", "s"),
    "f": ("failures that are tolerated (f)", ""),
    "num_client_procs": ("client processes", ""),
    "num_clients_per_proc": ("closed loops of a client process", ""),
    "num_warmup_clients_per_proc": ("closed loops of a client process in warm-up", ""),
    "measurement_group_size": ("requests in a recorded group", ""),
    "workload.num_keys": ("keys of the workload", ""),
    "workload.read_fraction": ("fraction of reads", ""),
    "workload.size_mean": ("mean size of a command", "bytes"),
    "workload.size_std": ("standard deviation of the size of a command", "bytes"),
    "workload.conflict_rate": ("fraction of conflicting commands", ""),
}
_RAW: Final = re.compile(r"[._]")


@dataclass(frozen=True)
class Quantity:
    """A column with its name in words and its unit; the unit is empty for a plain number and a text."""

    column: str
    words: str
    unit: str

    @property
    def without_unit(self) -> str:
        """The words of a ratio, which has no unit; FrankenPaxos's throughput keeps its own name."""
        own = self.unit.partition(",")[0] if "," in self.unit else ""
        return f"{self.words} ({own})" if own else self.words

    @property
    def label(self) -> str:
        """What stands at an axis: `Throughput (requests/s)`."""
        text = self.words[:1].upper() + self.words[1:]
        return f"{text} ({self.unit})" if self.unit else text


def quantity(column: str) -> Quantity:
    """A column in words."""
    if column in _WORDS:
        return Quantity(column, *_WORDS[column])
    if match := _FIGURE.fullmatch(column):
        output = match["output"].removesuffix(".").removesuffix("_output").removesuffix("output")
        of_output = f" of {output}s" if output else ""
        if statistic := match["latency"]:
            latency = "the latency" if statistic.startswith("p") else "latency"
            return Quantity(column, f"{_STATISTICS.get(statistic, statistic)} {latency}{of_output}", "ms")
        if match["edge"]:
            statistic = _STATISTICS.get(match["rate"], match["rate"]).removesuffix(" of")
            # FrankenPaxos's, which is not the throughput as fpray means it: it always has its own name.
            name = f"{match['edge']}_throughput_{match['seconds']}s.{match['rate']}"
            return Quantity(column, f"throughput{of_output}, {statistic}", f"{name}, requests/s")
        return Quantity(column, f"throughput{of_output}", "requests/s")
    return Quantity(column, _parameter_words(column), "s" if _is_time(column) else "")


def _parameter_words(column: str) -> str:
    """`leader_options.flush_phase2as_every_n`: leader, flush phase2as every n."""
    *groups, name = column.split(".")
    roles = [group.removesuffix("_options") for group in groups if group != "workload"]
    name = f"number of {name[4:]}" if name.startswith("num_") else name
    return ", ".join(_RAW.sub(" ", part) for part in [*roles, name])


def _is_time(column: str) -> bool:
    return re.search(r"(^|_)(duration|timeout|sleep|lag|period|interval)$", column) is not None
