"""Values of options, from Python and from the command line: numbers of numpy, other types, bounds, every problem."""

from __future__ import annotations

import decimal
import itertools
import json
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest

import fpray
from fpray.driver.choose_suite import choose_suite
from fpray.driver.means import check_sweep
from fpray.searching.experiment import check_search
from tests.conftest import cli

SEARCH = {"maximize": "measured.throughput", "space": {"num_clients_per_proc": "1..8"}}


def _refused(**options: Any) -> str:
    with pytest.raises(fpray.Refused) as refused:
        fpray.sweep("unreplicated", **options)
    text = str(refused.value)
    assert max(map(len, text.splitlines())) < 600
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("values", "plain"),
    [
        (np.arange(1, 3), [1, 2]),
        ([np.int64(1), np.uint8(2)], [1, 2]),
        (np.array(1), [1]),
        ((number for number in (1, 2)), [1, 2]),
        (range(1, 3), [1, 2]),
        ({1}, [1]),
    ],
    ids=range(6),
)
def test_numbers_of_numpy_are_numbers(values: Any, plain: list[int]) -> None:
    """B2: the same trials, by the same ids, in the same suite as with Python's numbers."""
    numpys = check_sweep("unreplicated", {"vary": {"num_clients_per_proc": values}, "repeat": np.int64(2)})
    pythons = check_sweep("unreplicated", {"vary": {"num_clients_per_proc": plain}, "repeat": 2})
    assert [trial.id for trial in numpys.trials] == [trial.id for trial in pythons.trials]
    assert numpys.recorded_selection == pythons.recorded_selection
    assert numpys.key == pythons.key


def test_booleans_and_floats_of_numpy_are_values_too() -> None:
    """B2: of every type of parameter, and of options."""
    fixed: Mapping[str, Any] = {
        "workload": {"name": np.str_("BernoulliSingleKeyWorkload"), "conflict_rate": np.float32(0.5)}
    }
    experiment = check_sweep("epaxos", {"set": fixed, "keep_going": np.bool_(True)})
    assert experiment.trials[0].params.workload.conflict_rate == 0.5
    assert experiment.policy.keep_going is True
    search = check_search("unreplicated", {**SEARCH, "stop_at": np.float64(0.5), "seed": np.int32(7)})
    assert search.problem.study.stop_at == 0.5


def test_every_option_of_another_type_is_named_at_once() -> None:
    """I4: options from Python."""
    text = _refused(
        set={5: 1}, vary=5, repeat="3", parallel=2.5, study=5, jar=[1], raw=5, place=5, notify=5, keep_going="yes",
        log_level=[1], flags={"a": 1}, cluster=7, address=8.5, retries=decimal.Decimal(1),
    )  # fmt: skip
    assert "15 problems" in text
    for sentence in (
        "set has the key 5, which is not text: write each key as a string",
        "--repeat 3 must be a number of repeats, or until: and a share",
        "vary must be an object",
        "keep_going must be true or false, not 'yes'", "parallel must be an integer or null, not 2.5",
    ):  # fmt: skip
        assert sentence in text
    with pytest.raises(fpray.Refused, match="there is no such protocol"):
        fpray.sweep([5])  # type: ignore[arg-type]


def test_every_option_of_a_search_of_another_type_is_named_at_once() -> None:
    """I4: options of searches."""
    wrong = {"maximize": 5, "minimize": [1], "subject_to": {"a": 1}, "space": 5, "budget_trials": "x", "stop_at": "1%"}
    with pytest.raises(fpray.Refused, match="8 problems") as refused:
        fpray.search("unreplicated", **wrong)  # type: ignore[arg-type]
    assert "space" in str(refused.value)


def test_paths_and_tuples_are_values() -> None:
    """I4: what fits stays what it is."""
    study = pathlib.Path("no.py")
    assert "no.py: this study file does not exist" in _refused(study=study)
    [rerun] = check_sweep("unreplicated", {"place": ("spread",), "rerun": ["failed"]}).policy.rerun
    assert rerun.all_failed


def test_values_of_any_size_and_depth_are_refused_in_a_line() -> None:
    """I4, I5: digits, depth, length, endless sequences; and a message quotes a line of it."""
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    text = _refused(
        set={
            "workload": {"name": []}, "jvm_heap_size": ["x"], "duration": 10**5000, "x" * 100_000: 1,
            "num_clients_per_proc": "1" * 5000, "measurement_group_size": 10**400, "timeout": "y" * 100_000,
        }
    )  # fmt: skip
    assert "7 problems" in text
    assert "num_clients_per_proc='1111" in text
    assert "is more than 20 levels deep: write fewer" in _refused(set={"workload": deep})
    assert "lists more than 1,000,000 values" in _refused(vary={"num_clients_per_proc": itertools.count()})
    assert "make 1,000,000,000,000 trials" in _refused(vary={"num_clients_per_proc": range(10**12)})


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--set", 'workload={"name":[]}'), "the name of a workload must be one of StringWorkload"),
        (("--set", "workload=" + "[" * 3000), "To set fields of the workload, too, write a JSON object"),
        (("--set", 'workload={"name":"StringWorkload","size_mean":' + "1" * 5000 + "}"), "Exceeds the limit"),
        (("--set", 'workload={"a":1,"a":2}'), "the key 'a' occurs twice"),
        (("--set", "num_client_procs=" + "9" * 5000), "is outside the jar's integers"),
        (("--set", "duration=" + "9" * 5000 + "s"), "is too long a duration"),
        (("--set", "x" * 100_000 + "=1"), "has no such parameter"),
        (("--repeat", "2147483647"), "which take 204.1 years at a second each"),
        (("--vary", "num_clients_per_proc=[" + "[" * 3000), "is not a whole number"),
        (("--vary", "num_clients_per_proc=1,2", "--repeat", "999999999999999999999"), "must be an integer of 64 bits"),
    ],
    ids=range(10),
)
def test_odd_words_are_refused_at_once_and_in_a_line(words: tuple[str, ...], sentence: str) -> None:
    """I4, I5: the command line."""
    for command in ("plan", "sweep"):
        done = cli(command, "unreplicated", *words)
        assert done.exit_code == 2, done.output
        assert sentence in " ".join(done.stderr.split())
        assert max(map(len, done.stderr.splitlines())) < 600


def test_a_number_beyond_64_bits_is_refused() -> None:
    """I5: 400 digits."""
    assert "must be an integer of 64 bits" in _refused(repeat=10**400)
    assert cli("plan", "unreplicated", "--repeat", "9" * 400).exit_code == 2


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"vary": {"num_clients_per_proc": 10**5000}}, "a number of about 5000 digits is too large a number"),
        ({"vary": {"num_clients_per_proc": bytearray(b"1")}}, "does not fit this parameter"),
        ({"vary": {"num_clients_per_proc": memoryview(b"1")}}, "does not fit this parameter"),
        ({"set": {"num_clients_per_proc": np.ma.masked}}, "does not fit this parameter"),
        ({"set": {"workload.name": pd.NA}}, "the name of a workload must be one of"),
        ({"study": []}, "study must be text, not []"),
        ({"scratch": ["a"]}, "scratch must be text or null, not ['a']"),
        ({"suite_directory": ["a"]}, "suite_directory must be text, not ['a']"),
        ({"jar": ["a"]}, "jar must be text or null, not ['a']"),
    ],
    ids=range(9),
)
def test_values_of_no_type_of_an_option_are_refused(options: dict[str, Any], sentence: str) -> None:
    """I4: siblings of its values."""
    assert sentence in _refused(**options)


@pytest.mark.parametrize("values", [range(1, 9), np.arange(1, 9), {1, 2}, optuna.distributions.IntDistribution(1, 8)])
def test_a_space_from_python_is_stored_whatever_its_type(values: Any, tmp_path: pathlib.Path) -> None:
    """B2: `args.json` holds what was asked for; a `range` ended in a traceback."""
    words = {**SEARCH, "space": {"num_clients_per_proc": values}, "suite_directory": tmp_path}
    suite = choose_suite(check_search("unreplicated", words))
    assert "num_clients_per_proc" in json.loads((suite.path / "args.json").read_text())["space"]


def test_a_range_of_a_trillion_is_not_walked_through() -> None:
    with pytest.raises(fpray.Refused, match="outside the jar's integers"):
        check_search("unreplicated", {**SEARCH, "space": {"num_clients_per_proc": range(1, 10**12)}})


def test_a_storage_of_bytes_that_are_no_text_is_refused() -> None:
    """I4: `--storage sqlite:///` with a byte 0xff was a traceback."""
    with pytest.raises(fpray.Refused, match="--storage"):
        check_search("unreplicated", {**SEARCH, "storage": "sqlite:///\udcff"})
