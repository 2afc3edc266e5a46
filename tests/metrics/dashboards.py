"""Makes the dashboards of `fpray monitor` with Grafana's own SDK: `python -m tests.metrics.dashboards` writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import prometheus, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from fpray.metrics.grafana import DASHBOARDS, ROLES
from fpray.metrics.schema import EVENT

SOURCE = models.DataSourceRef(type_val="prometheus", uid="fpray")
NONE = "no such series in this trial"
_SELECT = 'job!="",suite=~"$suite",trial=~"$trial",role=~"$role"'
# A rate drops the name of a metric; as a label it stays. The names differ from jar to jar, so they are not listed.
_OWN = '__name__!~"(jvm|process|scrape|fpray)_.+|up"'
_WINDOW = "2s:200ms"


@dataclass(frozen=True)
class Panel:
    """One panel: its title, what it shows in a sentence, the query, the legend of a line, and Grafana's unit."""

    title: str
    description: str
    query: str
    legend: str
    unit: str = "short"


def _rate(names: str, more: str = "") -> str:
    """names: a regular expression of metrics, of which a process has one for each set of labels."""
    return f'rate({{__name__=~"{names}",{_SELECT}{more}}}[$__rate_interval])'


def _named_rate(end: str, label: str) -> str:
    """The rate of each metric with that end of its name; the beginning is a label."""
    names = f'{{__name__=~".+_{end}",{_OWN},{_SELECT}}}'
    return f'rate(label_replace({names},"{label}","$1","__name__","(.+)_{end}")[{_WINDOW}])'


_HANDLED = _rate(".+_requests_total", ',type!=""')
_BUSY, _HANDLINGS = _rate(".+_requests_latency_sum"), _rate(".+_requests_latency_count")
_CPU = _rate("process_cpu_seconds_total")
_GC = _rate("jvm_gc_collection_seconds_sum")
_HEAP = f'jvm_memory_bytes_used{{area="heap",{_SELECT}}}'
_BY_SUMMARY = "sum by (trial, role, label, summary)"
_BY_TYPE = "sum by (trial, role, label, type)"
_BY_LABEL = "sum by (trial, role, label)"
_MACHINE = '"machine","$1","instance","(.+):[0-9]+"'
ROLE_PANELS = (
    Panel(
        "Requests",
        "Messages that each process has handled per second, by type.",
        f"{_BY_TYPE} ({_HANDLED})",
        "{{trial}} {{label}} {{type}}",
        "reqps",
    ),
    Panel(
        "Busy share of the event loop",
        "The share of time in which a process handled messages. All actors of a process share one thread: near 100 %"
        " it can do no more.",
        f"{_BY_LABEL} ({_BUSY}) / 1000",
        "{{trial}} {{label}}",
        "percentunit",
    ),
    Panel(
        "Mean time of a request",
        "How long one message was handled, by type.",
        f"{_BY_TYPE} ({_BUSY}) / {_BY_TYPE} ({_HANDLINGS})",
        "{{trial}} {{label}} {{type}}",
        "ms",
    ),
    Panel(
        "All counters",
        "Each counter of the role with a name that ends in _total, per second over 2 s.",
        f"sum by (trial, role, label, counter) ({_named_rate('total', 'counter')})",
        "{{trial}} {{label}} {{counter}}",
        "cps",
    ),
    Panel(
        "Means of all summaries",
        "What the role observes of its messages and batches: the mean of each summary over 2 s.",
        f"{_BY_SUMMARY} ({_named_rate('sum', 'summary')}) / {_BY_SUMMARY} ({_named_rate('count', 'summary')})",
        "{{trial}} {{label}} {{summary}}",
    ),
)
# FrankenPaxos's roles have gauges of their own; the reference jar has one, of its event loop.
QUEUE_PANELS = (
    Panel(
        "Queues and watermarks",
        "Values of gauges, such as pending values and watermarks; and of counters without _total in their name.",
        f'{{__name__!~".+_(total|sum|count|bucket|created)",{_OWN},{_SELECT}}}',
        "{{trial}} {{label}} {{__name__}}",
    ),
)
JVM_PANELS = (
    Panel("CPU of each process", "Cores in use.", f"{_BY_LABEL} ({_CPU})", "{{trial}} {{label}}"),
    Panel("Heap in use", "Bytes of the heap.", f"{_BY_LABEL} ({_HEAP})", "{{trial}} {{label}}", "bytes"),
    Panel("Time in garbage collection", "The share of time, by the JVM's own count.",
          f"{_BY_LABEL} ({_GC})", "{{trial}} {{label}}", "percentunit"),
    Panel("Threads", "Threads of each JVM.", f"jvm_threads_current{{{_SELECT}}}", "{{trial}} {{label}}"),
    Panel("Resident memory", "Bytes of each process.", f"process_resident_memory_bytes{{{_SELECT}}}",
          "{{trial}} {{label}}", "bytes"),
)  # fmt: skip
MACHINE_PANELS = (
    Panel("CPU of the trial's processes, by machine", "Cores in use by the JVMs of the trial.",
          f"sum by (trial, machine) (label_replace({_CPU},{_MACHINE}))",
          "{{trial}} {{machine}}"),
    Panel("Memory of the trial's processes, by machine", "Resident bytes of the JVMs of the trial.",
          f"sum by (trial, machine) (label_replace(process_resident_memory_bytes{{{_SELECT}}},{_MACHINE}))",
          "{{trial}} {{machine}}", "bytes"),
)  # fmt: skip
SCRAPE_PANELS = (
    Panel("Scraped", "1 where the last scrape of a process succeeded.", f"up{{{_SELECT}}}", "{{trial}} {{label}}"),
    Panel("Time of a scrape", "How long a process took to answer.", f"scrape_duration_seconds{{{_SELECT}}}",
          "{{trial}} {{label}}", "s"),
)  # fmt: skip
BOARDS = {
    ROLES: ("fpray: roles", {"Rates": ROLE_PANELS, "Queues": QUEUE_PANELS}),
    "fpray-jvm": (
        "fpray: JVMs and machines",
        {"JVMs": JVM_PANELS, "Machines": MACHINE_PANELS, "Scrapes": SCRAPE_PANELS},
    ),
}


def texts() -> Iterator[tuple[str, str]]:
    """The name of each file with its content."""
    for uid, (title, rows) in BOARDS.items():
        board = json.loads(JSONEncoder(sort_keys=True).encode(_board(uid, title, rows).build()))
        # What the SDK has no words for: the value of an event is its time.
        board["annotations"]["list"][0] |= {
            "titleFormat": "{{kind}} {{label}}", "textFormat": "{{detail}}", "useValueForTime": True,
        }  # fmt: skip
        yield f"{uid.removeprefix('fpray-')}.json", json.dumps(board, indent=1, sort_keys=True) + "\n"


def _board(uid: str, title: str, rows: dict[str, tuple[Panel, ...]]) -> builders.Dashboard:
    board = builders.Dashboard(title).uid(uid).tags(["fpray"]).timezone("browser").time("now-5m", "now")
    board = board.tooltip(models.DashboardCursorSync.CROSSHAIR).link(
        builders.DashboardLink("fpray").type(models.DashboardLinkType.DASHBOARDS).tags(["fpray"])
        .as_dropdown(False).include_vars(True).keep_time(True)
    )  # fmt: skip
    for name in ("suite", "trial", "role"):
        board = board.with_variable(_variable(name))
    event = f'{EVENT}{{suite=~"$suite",trial=~"$trial"}}'
    board = board.annotation(
        builders.AnnotationQuery().name("events").datasource(SOURCE).enable(True).icon_color("orange").expr(event)
    )
    for row, panels in rows.items():
        board = board.with_row(builders.Row(row))
        for panel in panels:
            board = board.with_panel(_panel(panel))
    return board


def _variable(name: str) -> builders.QueryVariable:
    return (
        builders.QueryVariable(name)
        .label(name)
        .datasource(SOURCE)
        .query(f"label_values(up, {name})")
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(models.VariableOption(text="All", value="$__all", selected=True))
    )


def _panel(panel: Panel) -> timeseries.Panel:
    query = prometheus.Dataquery().expr(panel.query).legend_format(panel.legend).ref_id("A").range()
    return (
        timeseries.Panel()
        .title(panel.title)
        .description(panel.description)
        .datasource(SOURCE)
        .unit(panel.unit)
        .min(0)
        .no_value(NONE)
        .span(12)
        .height(8)
        .with_target(query)
    )


def main() -> None:
    """Write the files, and remove those that are none any more."""
    DASHBOARDS.mkdir(parents=True, exist_ok=True)
    content: dict[str, Any] = dict(texts())
    for file in DASHBOARDS.glob("*.json"):
        if file.name not in content:
            file.unlink()
    for name, text in content.items():
        (DASHBOARDS / name).write_text(text)


if __name__ == "__main__":
    main()
