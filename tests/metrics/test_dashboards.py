"""The dashboards: current, complete for FrankenPaxos's series, and each query answered from recorded trials."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml

from fpray.metrics.grafana import DASHBOARDS, PROVISIONING, ROLES, grafana_command, grafana_environment
from tests.conftest import run
from tests.metrics import dashboards
from tests.metrics.monitored import MONITORED, ask, monitor, series
from tests.support.suites import only_suite

SERIES = json.loads((Path(__file__).parents[1] / "data" / "monitoring.json").read_text())["series"]
ALL = [(protocol, role, one) for protocol, roles in SERIES.items() for role, names in roles.items() for one in names]


def _panels() -> Iterator[tuple[str, str]]:
    """Title and query of each panel, as the files have them."""
    for file in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel.get("targets", ()):
                assert panel["fieldConfig"]["defaults"]["noValue"] == dashboards.NONE
                yield panel["title"], target["expr"]


def test_the_files_are_what_the_sdk_makes() -> None:
    assert {file.name: file.read_text() for file in DASHBOARDS.glob("*.json")} == dict(dashboards.texts()), (
        "python -m tests.metrics.dashboards writes them"
    )


def _names(one: list[str]) -> list[str]:
    """The names with which a series is scraped: a summary has a sum and a count."""
    name, kind, *_ = one
    return [f"{name}_sum", f"{name}_count"] if kind == "summary" else [name]


def _matches(query: str, name: str) -> bool:
    """Whether a selector of a query takes a metric of a role."""
    for selector in re.findall(r"\{([^{}]*)\}", query):
        takes = re.findall(r'__name__=~"([^"]*)"', selector)
        refuses = re.findall(r'__name__!~"([^"]*)"', selector)
        is_meant = "__name__" in selector and all(re.fullmatch(pattern, name) for pattern in takes)
        if is_meant and not any(re.fullmatch(pattern, name) for pattern in refuses):
            return True
    return False


def test_each_series_of_frankenpaxos_is_in_a_panel() -> None:
    queries = [query for _, query in _panels()]
    assert len(ALL) == 450
    missing = [name for *_, one in ALL for name in _names(one) if not any(_matches(query, name) for query in queries)]
    assert missing == []


def test_rates_never_meet_two_metrics_with_the_same_labels() -> None:
    """Prometheus refuses a rate of two metrics that differ in their names alone."""
    for roles in SERIES.values():
        for role, names in roles.items():
            for end, needs_type in (("requests_total", True), ("requests_latency_sum", False)):
                metrics = [n for one in names if not needs_type or "type" in one[2:] for n in _names(one)]
                assert len([n for n in metrics if re.fullmatch(f".+_{end}", n)]) <= 1, role


def test_grafana_is_provisioned_by_our_files_for_this_machine_alone(tmp_path: Path) -> None:
    (source,) = yaml.safe_load((PROVISIONING / "datasources" / "fpray.yaml").read_text())["datasources"]
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards" / "fpray.yaml").read_text())["providers"]
    settings = grafana_environment(tmp_path, 3000, "http://127.0.0.1:9090")
    assert settings["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"
    assert settings["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert source["url"] == "$FPRAY_PROMETHEUS"
    assert provider["options"]["path"] == "$FPRAY_DASHBOARDS"
    assert settings["FPRAY_PROMETHEUS"] == "http://127.0.0.1:9090"
    boards = [json.loads(file.read_text()) for file in Path(settings["FPRAY_DASHBOARDS"]).glob("*.json")]
    assert ROLES in {board["uid"] for board in boards}
    assert {panel["datasource"]["uid"] for b in boards for panel in b["panels"] if "targets" in panel} == {"fpray"}
    assert {variable["name"] for board in boards for variable in board["templating"]["list"]} == {
        "suite", "trial", "role",
    }  # fmt: skip


def test_grafana_is_found_by_its_name_or_its_path(tmp_path: Path) -> None:
    assert grafana_command("no-such-grafana") is None
    program = tmp_path / "grafana-13" / "bin" / "grafana"
    program.parent.mkdir(parents=True)
    (tmp_path / "grafana-13" / "conf").mkdir()
    (tmp_path / "grafana-13" / "conf" / "defaults.ini").write_text("")
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert grafana_command(str(program)) == [str(program), "server", "--homepath", str(tmp_path / "grafana-13")]


@pytest.mark.jvm
@pytest.mark.ray
@pytest.mark.prometheus
@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["unreplicated", "batchedunreplicated", "multipaxos", "craq", "epaxos"])
def test_every_query_of_every_panel_has_series_of_a_recorded_trial(
    protocol: str, prometheus: str, tmp_path: Path
) -> None:
    done = run("sweep", protocol, *MONITORED, "--only", "1", "--local", cwd=tmp_path)
    assert done.code == 0, done.err
    suite = only_suite(tmp_path)
    table = pq.read_table(suite / "001" / "metrics.parquet")
    scrapes = table.filter(pc.equal(table["metric"].combine_chunks().cast("string"), "up"))
    span = (pc.min(scrapes["time"]).as_py().timestamp(), pc.max(scrapes["time"]).as_py().timestamp())
    with monitor(str(suite), "--grafana", "no-such-program", cwd=tmp_path) as lines:
        address = lines["Prometheus"].split()[0]
        empty = {title for title, query in _panels() if not series(address, query, span)}
        assert empty == set()
        (event,) = {board["annotations"]["list"][0]["expr"] for board in map(_board, DASHBOARDS.glob("*.json"))}
        assert series(address, event, span)
        for name in ("suite", "trial", "role"):
            assert ask(address, f"label/{name}/values")


def _board(file: Path) -> dict[str, dict[str, list[dict[str, str]]]]:
    board: dict[str, dict[str, list[dict[str, str]]]] = json.loads(file.read_text())
    return board
