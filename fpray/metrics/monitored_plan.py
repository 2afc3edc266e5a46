"""The plan of a monitored trial: a Prometheus server with its configuration, and logs of garbage collections."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from fpray.files import layout
from fpray.metrics.gc_options import gc_options
from fpray.metrics.jobs import jobs
from fpray.metrics.scrape_config import scrape_config
from fpray.plan.cluster import LOOPBACK
from fpray.plan.plan import Plan, Process
from fpray.trial.instruments import PlanSite, with_jvm_args

# FrankenPaxos's parameter, in its two vocabularies.
_INTERVAL, _INTERVAL_MS = "prometheus_scrape_interval", "prometheus_scrape_interval_ms"
_USUAL_INTERVAL = timedelta(milliseconds=200)


def monitored_plan(plan: Plan, site: PlanSite, program: str) -> Plan:
    """The plan with the server, on a machine that measures nothing where there is one, else with the first client.

    The server answers on the machine itself only, and its data are in the directory in which it works.

    Raises:
        ValueError: the interval between scrapes is too short.
    """
    directory = PurePosixPath(site.paths.directory)
    labels = {"suite": directory.parent.name, "trial": directory.name}
    config = scrape_config(jobs(plan, site.trial), scrape_interval(site.trial.params), labels)
    processes = [_with_gc_log(process, site) for process in plan.processes]
    files = {**plan.files, layout.PROMETHEUS_CONFIG: config}
    return replace(plan, files=files, processes=(*processes, _server(plan, site, program)))


def scrape_interval(params: Any) -> timedelta:
    """The time between two scrapes that the parameters state; FrankenPaxos's own where they state none."""
    if hasattr(params, _INTERVAL_MS):
        return timedelta(milliseconds=getattr(params, _INTERVAL_MS))
    interval: timedelta = getattr(params, _INTERVAL, _USUAL_INTERVAL)
    return interval


def _with_gc_log(process: Process, site: PlanSite) -> Process:
    if process.kind == "sidecar":
        return process
    return with_jvm_args(process, gc_options(site.paths.on(process.host).java_version, process.label))


def _server(plan: Plan, site: PlanSite, program: str) -> Process:
    """It is not waited for: it may listen where its machine cannot be reached at the address of the trial."""
    host = site.spare_hosts[0] if site.spare_hosts else plan.of_kind("client")[0].host
    here, port = site.paths.on(host), site.port(host)
    argv = [program, "--config.file", here.file(layout.PROMETHEUS_CONFIG)]
    argv += ["--storage.tsdb.path", here.file(layout.PROMETHEUS_DATA)]
    argv += ["--web.listen-address", f"{LOOPBACK}:{port}", "--log.level", "warn"]
    return replace(site.sidecar(layout.PROMETHEUS, host, argv), port=port)
