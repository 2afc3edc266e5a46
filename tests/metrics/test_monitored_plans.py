"""The plans of monitored trials of all protocols: jobs, targets and labels as FrankenPaxos names them, GC logs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from fpray.metrics.jobs import job_names
from fpray.metrics.monitoring import Monitoring
from fpray.plan.cluster import Cluster
from fpray.plan.command_line import Paths
from fpray.plan.plan import Plan, Trial, build_plan
from fpray.study.registry import find_protocol, find_study, protocols
from fpray.trial.extension import extend_for_show, extend_plan
from fpray.trial.instruments import PlanSite
from tests.support.trials import a_trial

JOBS: dict[str, list[str]] = json.loads((Path(__file__).parents[1] / "data" / "monitoring.json").read_text())["jobs"]
# Endpoints of super nodes that are no roles of their own, and a role that FrankenPaxos does not scrape.
_NO_JOBS = {"mencius_leader_election", "multipaxos_leader_election", "multipaxos_read_batcher"}
NAMES = sorted(protocols())


def _trial(name: str, **params: Any) -> Trial[Any]:
    protocol = find_protocol(name)
    return find_study(protocol, "smoke").trials(protocol, {}, {"monitored": True, **params}, None)[0][0]


def _plan(trial: Trial[Any], paths: Paths | None = None) -> Plan:
    paths = paths or Paths()
    plan, notes = extend_for_show(
        build_plan(trial, Cluster(), paths=paths), trial, Cluster(), paths, [Monitoring("prometheus")]
    )
    assert notes == []
    return plan


def _config(plan: Plan) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load(plan.files["prometheus.yml"])
    return config


@pytest.mark.parametrize("name", NAMES)
def test_jobs_have_the_names_that_frankenpaxos_gives_them(name: str) -> None:
    protocol = find_protocol(name)
    names = {job for role in protocol.roles if role.kind != "driver" for job in job_names(protocol, role)}
    assert names - (_NO_JOBS - set(JOBS[name])) == set(JOBS[name])


@pytest.mark.parametrize("name", NAMES)
def test_every_process_is_a_target_of_one_job_with_its_role_and_its_label(name: str) -> None:
    trial = _trial(name)
    plan = _plan(trial)
    config = _config(plan)
    assert config["global"] == {"scrape_interval": "200ms", "scrape_timeout": "200ms"}
    targets = [target for job in config["scrape_configs"] for target in job["static_configs"]]
    expected = {
        process.label: (f"{process.host}:{process.port + 1}", process.role)
        for process in plan.processes
        if process.kind not in ("driver", "sidecar")
    }
    assert {t["labels"]["label"]: (t["targets"][0], t["labels"]["role"]) for t in targets} == expected
    assert len(targets) == len(expected)
    assert {(t["labels"]["suite"], t["labels"]["trial"]) for t in targets} == {("suite", "001")}
    assert {job["job_name"] for job in config["scrape_configs"]} <= set(JOBS[name])


@pytest.mark.parametrize("name", ["superbpaxos", "supermencius", "supermultipaxos"])
def test_a_super_node_is_scraped_once_and_its_roles_are_told_apart_by_their_metrics(name: str) -> None:
    config = _config(_plan(_trial(name)))
    node = next(job for job in config["scrape_configs"] if not job["job_name"].endswith("_client"))
    parts = {rule["replacement"]: rule["regex"] for rule in node["metric_relabel_configs"]}
    assert {node["job_name"], *parts} >= {job for job in JOBS[name] if not job.endswith("_client")}
    assert all(rule["target_label"] == "job" for rule in node["metric_relabel_configs"])
    assert all(regex == f"(.*_)?{job}_.*" for job, regex in parts.items())


def test_a_trial_that_is_not_monitored_has_the_plan_that_it_had() -> None:
    trial = a_trial()
    plan = build_plan(trial, Cluster(), paths=Paths())
    assert extend_for_show(plan, trial, Cluster(), Paths(), [Monitoring("prometheus")]) == (plan, [])


@pytest.mark.parametrize(
    ("version", "options"),
    [
        (0, ["-Xlog:gc*:file=server_gc.log:utctime,tags:filecount=0"]),
        (8, ["-Xloggc:server_gc.log", "-XX:+PrintGCDetails", "-XX:+PrintGCDateStamps"]),
        (9, ["-Xlog:gc*:file=server_gc.log:utctime,tags:filecount=0"]),
        (25, ["-Xlog:gc*:file=server_gc.log:utctime,tags:filecount=0"]),
    ],
)
def test_garbage_collections_are_logged_by_the_options_of_the_jvm(version: int, options: list[str]) -> None:
    plan = _plan(a_trial(monitored=True), Paths(java_version=version))
    assert list(plan.processes[0].argv[1 : 1 + len(options)]) == options
    assert plan.processes[0].argv[0] == "java"


def test_the_server_listens_on_the_loopback_only_and_stores_in_its_directory() -> None:
    server = _plan(a_trial(monitored=True)).processes[-1]
    assert (server.label, server.kind, server.directory) == ("prometheus", "sidecar", "/suite/001")
    flags = dict(zip(server.argv[1::2], server.argv[2::2], strict=True))
    assert flags["--web.listen-address"].startswith("127.0.0.1:")
    assert flags["--storage.tsdb.path"] == "/suite/001/prometheus_data"
    assert flags["--config.file"] == "/suite/001/prometheus.yml"


def test_the_server_is_where_nothing_is_measured_if_there_is_such_a_machine() -> None:
    trial, cluster = a_trial(monitored=True), Cluster(("a", "b"))
    plan = build_plan(trial, cluster, paths=Paths())
    site = PlanSite(trial, Paths(), cluster, lambda _host: 1234)
    for spare, host in (((), plan.of_kind("client")[0].host), (("head",), "head")):
        extended, notes = extend_plan(plan, [Monitoring("/opt/prometheus")], replace(site, spare_hosts=spare))
        assert notes == []
        assert (extended.processes[-1].host, extended.processes[-1].argv[0]) == (host, "/opt/prometheus")


def test_the_interval_is_frankenpaxoss_parameter_in_both_vocabularies() -> None:
    assert _config(_plan(_trial("fastmultipaxos", prometheus_scrape_interval_ms=1500)))["global"] == {
        "scrape_interval": "1500ms", "scrape_timeout": "1500ms",
    }  # fmt: skip
    trial = _trial("unreplicated", prometheus_scrape_interval="0.1ms")
    plan = build_plan(trial, Cluster(), paths=Paths())
    extended, notes = extend_for_show(plan, trial, Cluster(), Paths(), [Monitoring("prometheus")])
    assert extended == plan
    assert "prometheus_scrape_interval must be at least 1 ms" in notes[0]


def test_odd_names_of_suites_are_texts_of_yaml() -> None:
    directory = '/x/a "quoted": \\name #é 🦄 [x]/001'
    plan = _plan(a_trial(monitored=True), Paths(directory=directory))
    target = _config(plan)["scrape_configs"][0]["static_configs"][0]
    assert target["labels"]["suite"] == 'a "quoted": \\name #é 🦄 [x]'
