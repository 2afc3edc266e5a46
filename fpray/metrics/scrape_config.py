"""The configuration file of a trial's Prometheus server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from fpray.files.printable import printable
from fpray.metrics.jobs import Job, instance


def scrape_config(jobs: Iterable[Job], every: timedelta, labels: Mapping[str, str]) -> str:
    """The YAML text: each process is a target with the labels `role`, `label` and those that are given.

    every: the interval, in whole milliseconds as FrankenPaxos writes it; it is also the timeout, which must not be
    longer.

    Raises:
        ValueError: the interval is shorter than a millisecond.
    """
    milliseconds = every // timedelta(milliseconds=1)
    if milliseconds < 1:
        raise ValueError(
            "prometheus_scrape_interval must be at least 1 ms, such as --set prometheus_scrape_interval=1s"
        )
    head = ["# Written by fpray.", "global:"]
    head += [f"  scrape_interval: {milliseconds}ms", f"  scrape_timeout: {milliseconds}ms", "scrape_configs:"]
    return "\n".join([*head, *(line for job in jobs for line in _job(job, labels))]) + "\n"


def _job(job: Job, labels: Mapping[str, str]) -> Iterator[str]:
    yield f"- job_name: {_text(job.name)}"
    yield "  static_configs:"
    for process in job.processes:
        own = {"role": process.role, "label": process.label, **labels}
        words = ", ".join(f"{name}: {_text(value)}" for name, value in own.items())
        yield f"  - targets: [{_text(instance(process))}]"
        yield f"    labels: {{{words}}}"
    if job.parts:
        yield "  metric_relabel_configs:"
    for part in job.parts:  # the metrics of `bpaxos_leader` are called `simple_bpaxos_leader_...`
        yield "  - source_labels: [__name__]"
        yield f"    regex: {_text(f'(.*_)?{re.escape(part)}_.*')}"
        yield "    target_label: job"
        yield f"    replacement: {_text(part)}"


def _text(value: Any) -> str:
    """A text of YAML in double quotes, which are those of JSON; what no YAML can hold is escaped as for a terminal."""
    return json.dumps(printable(str(value)), ensure_ascii=False)
