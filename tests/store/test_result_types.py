"""A column of results.parquet has one type: whatever values are in it, on every write, and when trials are added."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from fpray import Protocol
from fpray.plan.plan import Trial
from fpray.store.columns import column_types
from fpray.store.outcome import Outcome, Status
from fpray.store.result_table import read_results
from fpray.store.results import write_results
from fpray.store.suite import Suite
from fpray.study.registry import find_protocol, protocols
from fpray.testing.fake_machines import FakeMachines
from tests.support.sweeps import run_on

pytestmark = pytest.mark.heavy

ARROW = {int: "int64", float: "double", bool: "bool", str: "string"}
NUMBERS = {"latency.p90_ms": 3, "start_throughput_1s.mean": 7.5, "measured.throughput": 9, "measured.requests": 12}
NULLS = dict.fromkeys(NUMBERS)


def _types(suite: Path) -> dict[str, str]:
    schema = pq.read_schema(suite / "results.parquet")
    return {name: str(kind) for name, kind in zip(schema.names, schema.types, strict=True)}


def _sweep(directory: Path, results: dict[str, dict[str, Any]], status: Status = Status.FINISHED) -> Path:
    """The suite of a sweep that stops after five failures, or goes on; results: number of clients -> results."""

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        return Outcome(status, "", results=results.get(str(trial.params.num_clients_per_proc), {}), hosts=hosts)

    return run_on(FakeMachines(["a"]), play, directory, loops=8).suite


def test_a_declared_column_has_its_type_before_there_are_values_and_after(tmp_path: Path) -> None:
    """A metric that is absent in all trials at first, whole numbers, and then others."""
    suite = _sweep(tmp_path, dict.fromkeys(map(str, range(8)), NULLS), Status.CRASHED)
    assert read_results(suite).num_rows == 5
    before = _types(suite)
    assert _sweep(tmp_path, {"5": NUMBERS, "6": NULLS}) == suite
    table = read_results(suite)
    assert table.num_rows == 8
    assert _types(suite) == before
    assert table.column("measured.requests").to_pylist() == [*[None] * 5, 12, None, None]
    assert table.column("latency.p90_ms").to_pylist()[5] == 3.0
    declared = column_types(find_protocol("unreplicated"))
    assert before == {name: ARROW[declared[name]] for name in before}
    assert before["start_throughput_1s.mean"] == "double"


def test_the_same_suite_gives_the_same_file_on_every_write(tmp_path: Path) -> None:
    suite = _sweep(tmp_path, {"1": NUMBERS, "2": {**NUMBERS, "gc.pauses": 3}, "3": {"gc.pauses": "none"}})
    first = (suite / "results.parquet").read_bytes()
    write_results(Suite(suite), find_protocol("unreplicated"))
    assert (suite / "results.parquet").read_bytes() == first


@pytest.mark.parametrize(
    ("values", "kind", "cells"),
    [
        ([3, 4], "double", [3.0, 4.0]),
        ([3, 4.5, None], "double", [3.0, 4.5, None]),
        ([None, None], "double", [None, None]),
        ([True, None], "bool", [True, None]),
        ([True, 2], "string", ["True", "2"]),
        ([3, "none", None], "string", ["3", "none", None]),
        (["\ud800", 2**62], "string", ["\\ud800", str(2**62)]),
    ],
)
def test_a_column_of_an_instrument_has_one_type(values: list[Any], kind: str, cells: list[Any], tmp_path: Path) -> None:
    suite = _sweep(tmp_path, {str(k): {"gc.pauses": value} for k, value in enumerate(values)})
    assert _types(suite)["gc.pauses"] == kind
    column = read_results(suite).column("gc.pauses").to_pylist()
    assert sorted(map(str, column)) == sorted(map(str, [*cells, *[None] * (8 - len(cells))]))


@pytest.mark.parametrize("value", ["many", None, True, 2**70, [1, 2], "\ud800"])
def test_a_parameter_that_an_earlier_version_wrote_otherwise_loses_nothing(value: object, tmp_path: Path) -> None:
    suite = _sweep(tmp_path, {})
    file = suite / "001" / "trial.json"
    content = json.loads(file.read_text())
    number = content["params"]["num_clients_per_proc"]
    content["params"]["num_clients_per_proc"] = value
    file.write_text(json.dumps(content))
    for _ in range(2):
        write_results(Suite(suite), find_protocol("unreplicated"))
        cells = read_results(suite).column("num_clients_per_proc").to_pylist()
        others = [k for k in range(8) if k != number]
        text = None if value is None else str(value).encode(errors="backslashreplace").decode()
        expected = [None, *others] if value is None else [text, *map(str, others)]
        assert sorted(map(str, cells)) == sorted(map(str, expected))


def test_each_declared_column_of_each_protocol_has_a_type_of_its_own() -> None:
    for protocol in protocols().values():
        assert set(column_types(protocol).values()) <= set(ARROW)


@dataclass(frozen=True)
class Small:
    size: int = 1


@dataclass(frozen=True)
class Named:
    size: str = "x"


@dataclass(frozen=True)
class Half:
    size: float = 0.5


@dataclass(frozen=True)
class Params:
    one: Small | Named = Small()
    two: Small | Half = Small()
    num_client_procs: int = 1
    duration: timedelta = timedelta(1)
    timeout: timedelta = timedelta(1)
    monitored: bool = False
    profiled: bool = False


def test_a_field_that_kinds_of_a_workload_declare_otherwise_has_a_type_that_holds_both() -> None:
    types = column_types(Protocol("x", "", Params, (), (), lambda _: 1, {}))
    assert (types["one.size"], types["two.size"]) == (str, float)
    assert (types["num_client_procs"], types["duration"], types["monitored"]) == (int, str, bool)


def test_trials_that_run_again_leave_the_types(tmp_path: Path) -> None:
    suite = _sweep(tmp_path, {})
    before = _types(suite)
    (suite / "003" / "outcome.json").unlink()
    assert _sweep(tmp_path, dict.fromkeys(map(str, range(8)), NUMBERS)) == suite
    after = _types(suite)
    assert {name: after[name] for name in before} == before
