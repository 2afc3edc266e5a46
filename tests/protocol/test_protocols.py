"""Every registered declaration against the facts of FrankenPaxos: argv, labels, ports, config, columns, smoke."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fpray.plan.cluster import Cluster
from fpray.plan.placement import place
from fpray.plan.plan import Process, Trial, build_plan
from fpray.protocol.values import BadValue, field_types, parse_duration, to_json
from fpray.store.outcome import Outcome, Status
from fpray.store.results import csv_row
from fpray.study.registry import find_protocol, find_study, protocols

DATA = Path(__file__).parents[1] / "data"
FACTS = json.loads((DATA / "frankenpaxos.json").read_text())["protocols"]
MAINS = json.loads((DATA / "mains.json").read_text())["mains"]
NAMES = sorted(FACTS.keys() & protocols().keys())
SAME_CLIENT = "takes multipaxos' client whole: what is broken in the original gave it a part of its flags, and no heap"
STANDS_STILL = "with the original's value, a group of leaders with few requests holds back the others' slots"
# What a declaration does otherwise, knowingly: (protocol, role or what) -> why. docs/protocols.md says it to users.
DEVIATIONS = {
    ("supermultipaxos", "client"): SAME_CLIENT,
    ("supermultipaxos", "output_fields"): "its client's rows have labels, which the original never read",
    ("supermultipaxos", "files"): SAME_CLIENT,
    ("supermultipaxos", "smoke: workload"): "a workload that multipaxos' client reads",
    ("mencius", "smoke: leader_options.send_high_watermark_every_n"): STANDS_STILL,
    ("mencius", "smoke: leader_options.send_noop_range_if_lagging_by"): STANDS_STILL,
    ("supermencius", "smoke: leader_options.send_high_watermark_every_n"): STANDS_STILL,
    ("supermencius", "smoke: leader_options.send_noop_range_if_lagging_by"): STANDS_STILL,
    ("fastmultipaxos", "order of flags"): "its client has them in an order of its own, which means nothing",
}


def trials_of(name: str) -> list[Trial[Any]]:
    protocol = find_protocol(name)
    return find_study(protocol, "smoke").trials(protocol, {}, {}, None)[0]


def flags_of(argv: tuple[str, ...]) -> dict[str, str]:
    main = next(i for i, word in enumerate(argv) if word in MAINS)
    words = argv[main + 1 :]
    flags = dict(zip(words[::2], words[1::2], strict=True))
    assert len(flags) == len(words) / 2, "a flag is given twice"
    return flags


def _processes(name: str) -> Iterator[tuple[Trial[Any], Process, dict[str, Any]]]:
    """Every process of every smoke trial with the facts of its role."""
    by_role = {role["role"]: role for role in FACTS[name]["roles"]}
    for trial in trials_of(name):
        plan = build_plan(trial, Cluster())
        assert {process.role for process in plan.processes} <= set(by_role)
        yield from ((trial, process, by_role[process.role]) for process in plan.processes)


def _value(params: Any, dotted: str) -> Any:
    for part in dotted.split("."):
        params = getattr(params, part)
    return params


def _number(params: Any, expression: str) -> int:
    """A count such as `2 * f + 1`."""
    variables = {name: value for name in field_types(type(params)) if isinstance(value := getattr(params, name), int)}
    return int(eval(expression, {}, variables))


def test_the_registry_finds_what_is_installed() -> None:
    assert set(NAMES) >= {"multipaxos", "unreplicated"}


@pytest.mark.parametrize("name", NAMES)
def test_parameters_have_frankenpaxos_names_and_order(name: str) -> None:
    assert list(field_types(find_protocol(name).params)) == FACTS[name]["input_fields"]


@pytest.mark.parametrize("name", NAMES)
def test_every_process_is_one_that_the_original_starts(name: str) -> None:
    for trial, process, facts in _processes(name):
        assert facts["main_class"] in process.argv
        assert process.pool == facts["hosts_key"]
        assert process.label == re.sub(r"\{\w+\}", "{}", facts["label"]).format(*process.index)
        if (name, process.role) not in DEVIATIONS:
            heap = [word for word in process.argv if word.startswith(("-Xms", "-Xmx"))]
            heap_size = _value(trial.params, facts["heap"]) if facts["heap"] else None
            assert heap == ([f"-Xms{heap_size}", f"-Xmx{heap_size}"] if heap_size else [])


@pytest.mark.parametrize("name", NAMES)
def test_every_process_gets_the_flags_of_the_original_in_its_order(name: str) -> None:
    for trial, process, facts in _processes(name):
        rows = list(facts["flags"])
        for *flag, only_if in facts.get("conditional", ()):
            assert only_if == "len(net.placement().batchers) != 0"
            rows += [flag] if trial.params.num_batchers else []
        flags = flags_of(process.argv)
        if (name, process.role) in DEVIATIONS:
            assert set(flags) >= {flag for flag, _, _ in rows}
            continue
        in_order = sorted if (name, "order of flags") in DEVIATIONS else list
        assert in_order(flags) == in_order([flag for flag, _, _ in rows]), process.label
        for flag, source, unit in rows:
            if source.startswith("input."):
                value = _value(trial.params, source.removeprefix("input."))
                assert _same(flags[flag], _text(value, unit)), (process.label, flag)


def _text(value: Any, unit: str) -> str:
    if unit in ("s", "ms"):
        return f"{value.total_seconds() * (1000 if unit == 'ms' else 1) if hasattr(value, 'days') else value}{unit}"
    return str(value)


def _same(one: Any, other: Any) -> bool:
    """Equal as the jar reads it: True and true, 5s and 5.0s and 5000ms; but seconds stay seconds."""
    if (one := str(one)) == (other := str(other)) or {one.lower(), other.lower()} in ({"true"}, {"false"}):
        return True
    for read in (lambda text: (parse_duration(text), text.endswith("ms")), float):
        try:
            return bool(read(one) == read(other))
        except (BadValue, ValueError):
            continue
    return False


@pytest.mark.parametrize("name", NAMES)
def test_what_the_flags_of_a_process_say_of_itself(name: str) -> None:
    for trial, process, facts in _processes(name):
        flags = flags_of(process.argv)
        index = [int(flags[flag]) for flag, source, _ in facts["flags"] if source.startswith("loop index")]
        assert not index or index == list(process.index)
        for flag, source, _ in facts["flags"]:
            if source.startswith("own host"):
                assert flags[flag] == process.host
            elif source == "own port":
                assert flags[flag] == str(process.port)
            elif source.startswith("own port + 1"):
                assert flags[flag] == "-1"
            elif source.startswith("{bench}/"):
                file = source.removeprefix("{bench}/").replace("client_{i}", process.label)
                assert flags[flag] == f"/suite/001/{file}"
                assert file == process.label or file in build_plan(trial, Cluster()).files


def _singular(key: str) -> str:
    return key if key == "server" else key.removesuffix("s")


@pytest.mark.parametrize("name", NAMES)
def test_ports_follow_frankenpaxos_rule(name: str) -> None:
    """10000 + 100 k, k counting every endpoint in the order of placement; each is one process's."""
    for trial in trials_of(name):
        placed = place(trial.protocol, trial.params, Cluster())
        assert list(placed.listening) == [_singular(endpoint["key"]) for endpoint in FACTS[name]["endpoints"]]
        for endpoint in FACTS[name]["endpoints"]:
            listening = placed.listening[_singular(endpoint["key"])]
            assert len(listening) == _number(trial.params, endpoint["count"]), endpoint["key"]
            if "nesting" in endpoint and listening:
                sizes = [_number(trial.params, level) for level in endpoint["nesting"]]
                assert max(listening) == tuple(size - 1 for size in sizes)
        assigned = [address.port for endpoint in placed.listening.values() for address in endpoint.values()]
        assert assigned == [10000 + 100 * k for k in range(len(assigned))]
        assert sorted(port for instance in placed for port in instance.endpoints.values()) == assigned


@pytest.mark.parametrize("name", NAMES)
def test_the_config_message_has_the_fields_and_nesting_of_the_original(name: str) -> None:
    facts = FACTS[name]["config"]
    for trial in trials_of(name):
        plan = build_plan(trial, Cluster())
        files = FACTS[name]["files"]
        assert sorted(plan.files) == sorted(files) or (name, "files") in DEVIATIONS
        if facts is None:
            assert "config.pbtxt" not in plan.files
            continue
        message = _parsed(iter(plan.files["config.pbtxt"].splitlines()))
        placed = place(trial.protocol, trial.params, Cluster())
        expected = {}
        for field in facts:
            if field["from"].startswith("input."):
                value = _value(trial.params, field["from"].removeprefix("input."))
                expected[field["field"]] = [getattr(value, "name", str(value).lower())]
            else:
                listening = placed.listening[_singular(field["from"].removeprefix("placement."))]
                names = re.findall(r"(\w+): repeated", field["type"])
                expected[field["field"]] = list(_nested(listening, names))
        assert message == {field: values for field, values in expected.items() if values}
        assert list(message) == [field["field"] for field in facts if expected[field["field"]]]


def _parsed(lines: Iterator[str]) -> dict[str, list[Any]]:
    """A text-proto message: field -> its values."""
    message: dict[str, list[Any]] = {}
    for line in lines:
        if line.strip() == "}":
            break
        field, value = line.strip().split(":", 1)
        message.setdefault(field, []).append(_parsed(lines) if value == " {" else value.strip(' "'))
    return message


def _nested(listening: Mapping[tuple[int, ...], Any], names: list[str]) -> Iterator[Any]:
    """The addresses, grouped by index, each group in a message: its field has the level's name."""
    if not names:
        yield from ({"host": [a.host], "port": [str(a.port)]} for a in listening.values())
        return
    for first in sorted({index[0] for index in listening}):
        group = {index[1:]: address for index, address in listening.items() if index[0] == first}
        yield {names[0]: list(_nested(group, names[1:]))}


@pytest.mark.parametrize("name", [name for name in NAMES if "smoke" in FACTS[name]])
def test_smoke_has_the_values_of_the_original(name: str) -> None:
    facts, trials = FACTS[name]["smoke"], trials_of(name)
    points = [p for p in facts["points"] or [{}] for _ in range(facts["trials_per_input"][0])]
    assert len(trials) == len(points)
    for trial, point in zip(trials, points, strict=True):
        flat = _dotted(to_json(trial.params))
        for field, value in {**facts["fixed"], **point}.items():
            if field.startswith("client_lag") or str(value).endswith("Options()"):
                continue  # fpray waits for readiness instead of some seconds; a record without fields
            if (name, f"smoke: {field}") in DEVIATIONS:
                assert not _same(flat[field], value)
                continue
            if field.startswith("workload.") and (name, "smoke: workload") in DEVIATIONS:
                continue
            assert _same(flat[field], value) or parse_duration(flat[field]) == parse_duration(value), field


def _dotted(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= _dotted(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return flat


@pytest.mark.parametrize("name", NAMES)
def test_what_its_clients_really_do(name: str) -> None:
    protocol, facts, params = find_protocol(name), FACTS[name]["client"], trials_of(name)[0].params
    more = 1 if "+ 1" in facts["closed_loops_during_measurement"] else 0
    assert protocol.loops(params) == params.num_clients_per_proc + more
    assert protocol.records_warmup == facts["warmup_is_recorded"]
    if hasattr(params, "measurement_group_size"):
        assert protocol.flushes_groups == facts["flushes_recorder"]
    assert (None in protocol.outputs) == (facts["recorder"] == "unlabelled")


@pytest.mark.parametrize("name", NAMES)
def test_result_columns_are_inputs_then_outputs(name: str) -> None:
    protocol = find_protocol(name)
    row = csv_row(protocol, trials_of(name)[0].params, Outcome(Status.FINISHED))
    outputs = FACTS[name]["output_fields"]
    if (name, "output_fields") not in DEVIATIONS:
        assert list(row)[-len(outputs) :] == outputs
    assert row.get("duration", "0:00:02") == "0:00:02"
