"""The papers' sweeps against facts of FrankenPaxos: every point, in order; and what `fpray studies` says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fpray.plan.cluster import Cluster
from fpray.plan.plan import build_plan
from fpray.protocol import params as param_values
from fpray.report.studies import needs
from fpray.study.registry import find_protocol, find_study, protocols, studies
from fpray.study.study import Study
from tests.conftest import cli

SUITES = json.loads((Path(__file__).parents[1] / "data" / "suites.json").read_text())["suites"]
# Studies that are no suite of FrankenPaxos' papers; tests/protocol/test_protocols.py has the smokes.
OWN = {"smoke", "knee", "peak"}
# What studies say otherwise than their suites, knowingly: parameter -> value. docs/studies.md says it to users.
GROUPS = {"num_acceptors_per_group": 3, "flexible": False}
RECORDED_ONE_BY_ONE = {"measurement_group_size": 1}
BEFORE_READS = {
    **GROUPS,
    **RECORDED_ONE_BY_ONE,
    "num_read_batchers": 0,
    "read_batcher_jvm_heap_size": "32g",
    "predetermined_read_fraction": -1,
    "workload_label": "",
    "read_consistency": "linearizable",
    "workload": {"name": "WriteOnlyStringWorkload", "workload": {"name": "StringWorkload", "size_mean": 1}},
    "read_workload": {"name": "UniformReadWriteWorkload", "read_fraction": 1.0},
    "write_workload": {"name": "UniformReadWriteWorkload", "read_fraction": 0.0},
    "read_batcher_options": {},
    "read_batcher_log_level": "debug",
}
RESTORED: dict[str, dict[str, Any]] = {
    "batchedunreplicated/eurosys_lt.py": RECORDED_ONE_BY_ONE,
    "multipaxos/e1_lt_surprise.py": GROUPS,
    "multipaxos/e2_no_scale_replica.py": GROUPS,
    "multipaxos/e3_no_scale_fraction.py": GROUPS,
    "multipaxos/e4_scale_replica.py": GROUPS,
    "multipaxos/eurosys_ablation.py": BEFORE_READS,
    "multipaxos/eurosys_lt.py": BEFORE_READS,
    "multipaxos/evelyn_tests.py": {**GROUPS, **RECORDED_ONE_BY_ONE, "workload_label": ""},
    "superbpaxos/nsdi_fig2_ablation.py": {"num_replicas": 3},  # with its 2, the original's own assertion fails
    "supermultipaxos/eurosys_lt.py": BEFORE_READS,
    "unreplicated/eurosys_lt.py": RECORDED_ONE_BY_ONE,
}
# The suite is the end of an interrupted run, [81:] of five rounds: three points of the fourth round, then the fifth.
CARRIED_ON = "vldb21_compartmentalized/scalog_lt/benchmark.py"


def _name(suite: str) -> str:
    path = Path(suite)
    return path.parent.name if path.stem == "benchmark" else path.stem


def _study(suite: str) -> Study:
    return find_study(find_protocol(SUITES[suite]["protocol"]), _name(suite))


def _wanted(suite: str) -> list[Mapping[str, Any]]:
    """Every point of a suite: all its parameters but fixed sleeps, with what is restored."""
    facts, restored = SUITES[suite], RESTORED.get(suite, {})
    rows = facts["points"][3:] + facts["points"][:3] if suite == CARRIED_ON else facts["points"]
    points: list[Mapping[str, Any]] = []
    for row in rows:
        point = facts["fixed"] | dict(zip(facts["columns"], row, strict=True))
        values = {name: value for name, value in point.items() if name.split(".")[0] not in restored}
        points.append({k: v for k, v in values.items() if not k.startswith("client_lag")} | restored)
    return points


def test_every_suite_has_its_study_and_every_study_its_suite() -> None:
    names = {(protocol, name) for protocol, by_name in studies().items() for name in by_name if name not in OWN}
    assert names == {(facts["protocol"], _name(suite)) for suite, facts in SUITES.items()}
    assert all("smoke" in by_name for by_name in studies().values())
    assert studies().keys() == protocols().keys()


@pytest.mark.parametrize("suite", SUITES)
def test_a_study_has_the_points_of_its_suite(suite: str) -> None:
    """All parameters, those that the suite does not name included: they are the protocol's defaults."""
    study, protocol = _study(suite), find_protocol(SUITES[suite]["protocol"])
    trials, problems = study.trials(protocol, {}, {}, None)
    assert problems == []
    points, repeats = _wanted(suite), 5 if suite == CARRIED_ON else SUITES[suite]["trials_per_input"][0]
    assert study.repeat == repeats
    assert [trial.repeat for trial in trials] == [round_ for round_ in range(repeats) for _ in points]
    expected = [param_values.set_values(protocol.params(), point, protocol=protocol.name) for point in points]
    assert [wrong for _, wrong in expected if wrong] == []
    for trial, (params, _) in zip(trials, expected * repeats, strict=True):
        assert param_values.flatten(trial.params) == param_values.flatten(params)


def test_nothing_is_restored_that_the_suite_says() -> None:
    """What is missing from a suite is restored, and nothing else but what is listed with its reason."""
    for suite, facts in SUITES.items():
        missing = {name for name, value in facts["fixed"].items() if value == "<MISSING>"}
        beyond = {"num_replicas"} if suite.startswith("superbpaxos") else {"workload"}
        assert missing <= RESTORED.get(suite, {}).keys() <= missing | beyond, suite


@pytest.mark.parametrize("suite", SUITES)
def test_every_point_can_be_planned(suite: str) -> None:
    study, protocol, facts = _study(suite), find_protocol(SUITES[suite]["protocol"]), SUITES[suite]
    trials, _ = study.trials(protocol, {}, {}, 1)
    assert max(len(build_plan(trial, Cluster()).processes) for trial in trials) == facts["processes"]
    demand = needs(protocol, study)
    assert (demand.points, demand.trials) == (len(trials), len(trials) * study.repeat)
    assert demand.processes == facts["processes"] <= demand.machines
    sleeps = next(
        float(v.removesuffix("s")) if isinstance(v, str) else v for k, v in facts["fixed"].items() if "client_lag" in k
    )
    assert demand.seconds > (facts["seconds"] - sleeps) * demand.trials


def test_summaries_name_parameters() -> None:
    for protocol, by_name in studies().items():
        names = {name for name, _ in param_values.names(find_protocol(protocol).params)}
        for study in by_name.values():
            assert set(study.summary) <= names, (protocol, study.name)
            assert study.about


def test_the_table_says_what_each_study_takes() -> None:
    lines = cli("studies").output.splitlines()
    row = next(line for line in lines if line.startswith("multipaxos") and " read_scale " in line)
    # 71: most clients, proxy leaders, acceptors and replicas, which no single point has all
    assert row.split()[2:9] == ["20", "x", "5", "=", "100", "62", "71"]
    assert row.endswith("linearizable reads")
    assert sum(len(by_name) for by_name in studies().values()) == len(lines) - 3
    assert any("replicas in 3 regions" in line for line in lines)


def test_the_table_of_some_protocols() -> None:
    lines = cli("studies", "craq", "scalog").output.splitlines()[1:-2]
    assert [line.split()[:2] for line in lines] == [
        ["craq", "craq_skew"], ["craq", "smoke"], ["scalog", "scalog_lt"], ["scalog", "smoke"],
    ]  # fmt: skip
    assert "did you mean craq?" in cli("studies", "crak").output


def test_studies_as_json_name_the_machines_of_each_pool() -> None:
    by_name = {study["study"]: study for study in json.loads(cli("studies", "epaxos", "--json").output)}
    assert by_name["nsdi_fig1_lt"]["pools"] == {"replicas": 5, "clients": 12}
    assert by_name["nsdi_fig3_wan"]["regions"] == {"replicas": 3}
    assert by_name["nsdi_fig3_wan"]["trials"] == 3


def test_a_study_of_a_wan_asks_for_regions(tmp_path: Path) -> None:
    refused = cli("sweep", "epaxos", "--study", "nsdi_fig3_wan", "--dry-run", "--local")
    assert refused.exit_code == 2
    assert "in 3 regions" in refused.output
    pools = {"replicas": ["10.0.0.1", "10.1.0.1", "10.2.0.1"], "clients": ["10.0.0.2"]}
    regions = {"us-east-1": ["10.0.0.1", "10.0.0.2"], "us-west-2": ["10.1.0.1"], "eu-west-1": ["10.2.0.1"]}
    file = tmp_path / "cluster.json"
    file.write_text(json.dumps({"1": pools, "regions": regions}))
    plan = cli("plan", "epaxos", "--study", "nsdi_fig3_wan", "--cluster", str(file))
    assert plan.exit_code == 0, plan.output
