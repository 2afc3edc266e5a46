"""The declarations against the facts of FrankenPaxos: mains, flags in order, labels, ports, fields, columns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fpray.cluster import Cluster
from fpray.outcome import Outcome, Status
from fpray.params import field_types, from_json, to_json
from fpray.plan import Trial, build_plan
from fpray.registry import find_protocol, find_study, protocols
from fpray.results import csv_row

FACTS = json.loads((Path(__file__).parent / "data" / "frankenpaxos.json").read_text())
NAMES = sorted(FACTS["protocols"])


def _trials(name: str) -> list[Trial[Any]]:
    protocol = find_protocol(name)
    return find_study(protocol, "smoke").trials(protocol, {}, {}, None)[0]


def _flags(argv: tuple[str, ...]) -> list[str]:
    main = next(i for i, word in enumerate(argv) if word.startswith("frankenpaxos."))
    words = argv[main + 1 :]
    assert len(words) % 2 == 0
    return list(words[::2])


def test_the_registry_finds_what_is_installed() -> None:
    assert set(protocols()) >= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_parameters_have_frankenpaxos_names_and_order(name: str) -> None:
    assert list(field_types(find_protocol(name).params)) == FACTS["protocols"][name]["input_fields"]


@pytest.mark.parametrize("name", NAMES)
def test_every_process_gets_the_flags_of_the_original_in_its_order(name: str) -> None:
    by_role = {role["role"]: role for role in FACTS["protocols"][name]["roles"]}
    for process in build_plan(_trials(name)[-1], Cluster()).processes:
        facts = by_role[process.role]
        assert facts["main_class"] in process.argv
        assert _flags(process.argv) == facts["flags"], process.label
        assert process.pool == facts["hosts_key"]
        assert len(process.endpoints) == len(facts["endpoints_bound_by_one_process"])
        assert any(word.startswith("-Xmx") for word in process.argv) == (facts["heap_field"] is not None)


@pytest.mark.parametrize("name", NAMES)
def test_every_flag_exists_in_its_main_and_none_required_is_missing(name: str) -> None:
    for process in build_plan(_trials(name)[-1], Cluster()).processes:
        main = next(word for word in process.argv if word.startswith("frankenpaxos."))
        known = {flag["name"]: flag["required"] for flag in FACTS["mains"][main]}
        given = _flags(process.argv)
        assert len(given) == len(set(given))
        assert set(given) <= set(known)
        assert {flag for flag, required in known.items() if required} <= set(given)


@pytest.mark.parametrize("name", NAMES)
def test_ports_follow_frankenpaxos_rule(name: str) -> None:
    """10000 + 100 k, k counting every endpoint in the order of placement."""
    singular = {"clients": "client", "server": "server"}
    order = [singular.get(key, key.removesuffix("s")) for key in FACTS["protocols"][name]["port_order"]]
    plan = build_plan(_trials(name)[-1], Cluster())
    numbers = {e: [p.endpoints[e] for p in plan.processes if e in p.endpoints] for e in order}
    dealt = [port for endpoint in order for port in numbers[endpoint]]
    assert dealt == [10000 + 100 * k for k in range(len(dealt))]


@pytest.mark.parametrize("name", NAMES)
def test_smoke_has_the_values_of_the_original(name: str) -> None:
    facts = FACTS["smoke"][name]
    trials = _trials(name)
    assert len(trials) == len(facts["points"])
    for trial, point in zip(trials, facts["points"], strict=True):
        flat = _dotted(to_json(trial.params))
        for field, value in {**facts["fixed"], **point}.items():
            if field in ("client_lag", "prometheus_scrape_interval") or field.endswith("_options"):
                continue  # fpray waits for readiness instead of 3 s; the interval is written 0.2s there, 200ms here
            assert str(flat[field]) == str(value), field


def _dotted(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= _dotted(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return flat


@pytest.mark.parametrize("name", NAMES)
def test_files_and_config_fields(name: str) -> None:
    facts = FACTS["protocols"][name]
    plan = build_plan(_trials(name)[-1], Cluster())
    assert sorted(plan.files) == sorted(facts["files"])
    if facts["config_fields"]:
        top = [
            line.split(":")[0] for line in plan.files["config.pbtxt"].splitlines() if not line.startswith((" ", "}"))
        ]
        assert list(dict.fromkeys(top)) == facts["config_fields"]


@pytest.mark.parametrize("name", NAMES)
def test_result_columns_are_inputs_then_outputs(name: str) -> None:
    protocol = find_protocol(name)
    row = csv_row(protocol, _trials(name)[0].params, Outcome(Status.FINISHED))
    outputs = FACTS["protocols"][name]["output_fields"]
    assert list(row)[-len(outputs) :] == outputs
    assert row["duration"] == "0:00:02"


@pytest.mark.parametrize("name", NAMES)
def test_parameters_survive_json_and_ids_are_stable(name: str) -> None:
    for trial in _trials(name):
        again = from_json(trial.protocol.params, json.loads(json.dumps(to_json(trial.params))))
        assert again == trial.params
        assert Trial(trial.protocol, again).id == trial.id
    assert len({trial.id for trial in _trials(name)}) == len(_trials(name))


def test_leaders_start_when_all_others_listen() -> None:
    stages = {p.role: p.stage for p in build_plan(_trials("multipaxos")[-1], Cluster()).processes}
    assert stages.pop("leader") == 1
    assert stages.pop("client") == 2
    assert set(stages.values()) == {0}
    assert set(stages) == {"acceptor", "batcher", "read_batcher", "proxy_leader", "replica", "proxy_replica"}


def test_monitored_processes_get_the_port_beside_their_own() -> None:
    protocol = find_protocol("multipaxos")
    trial = find_study(protocol, "smoke").trials(protocol, {}, {"monitored": True}, None)[0][0]
    for process in build_plan(trial, Cluster()).processes:
        assert process.argv[process.argv.index("--prometheus_port") + 1] == str(process.port + 1)


def test_a_cluster_file_deals_machines_round_robin() -> None:
    pools = {"1": {"clients": ("10.0.0.1", "10.0.0.2"), "server": ("10.0.0.9",)}}
    plan = build_plan(_trials("unreplicated")[2], Cluster(pools=pools))
    assert [(p.label, p.host) for p in plan.processes] == [
        ("server", "10.0.0.9"),
        ("client_0", "10.0.0.1"),
        ("client_1", "10.0.0.2"),
        ("client_2", "10.0.0.1"),
    ]
    assert "--server_host 10.0.0.9" in " ".join(plan.processes[1].argv)


def test_planning_does_no_io(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = [trial for name in NAMES for trial in _trials(name)]

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("planning touched the outside world")

    for target in ("builtins.open", "socket.socket", "subprocess.Popen", "pathlib.Path.open", "os.stat"):
        monkeypatch.setattr(target, forbidden)
    for trial in trials:
        assert build_plan(trial, Cluster()).to_json()["processes"]
