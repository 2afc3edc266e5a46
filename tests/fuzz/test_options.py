"""Generated options: words of the command line, values from Python, and study and search files."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fpray.driver.check import check_plan
from fpray.errors import Refused
from fpray.searching.experiment import check_search
from tests.conftest import cli
from tests.fuzz.mutation import ODD, mutated
from tests.fuzz.tally import CASE, count, judge

PARAMETERS = (
    "num_clients_per_proc", "duration", "workload", "workload.name", "workload.size_mean", "state_machine", "monitored",
    "jvm_heap_size", "server_options.flush_every_n", "client_log_level", "workload.conflict_rate", "nonsense",
)  # fmt: skip
TEXTS = st.sampled_from(
    [
        "1", "2,3", "-1", "0", "1.5", "true", "x", "", " ", ",", "1,,2", "[", "[1,2]", '["a"]', '{"name":[]}', "2s",
        '{"name":"StringWorkload","size_mean":3}', "StringWorkload", "BernoulliSingleKeyWorkload", "0x10", "1e3", "nan",
        "9" * 5000, "[" * 3000, "9" * 5000 + "s", "\0", "\x1b[31m", "\udcff", "x" * 10_000, "=", "--set", "Noop",
        "1h", "debug",
        '"a"', "inf", "99999999999", "1_0", "٣", "1..8", "1..0", "1..8:log", "1..8:step=0", "a" * 300 + "=1",
    ]
)  # fmt: skip
KEYED = st.builds("{}={}".format, st.sampled_from(PARAMETERS) | TEXTS, TEXTS)
OPTIONS: dict[str, st.SearchStrategy[str]] = {
    "--set": KEYED, "--vary": KEYED, "--repeat": TEXTS, "--jvm-arg": st.builds("server:{}".format, TEXTS) | TEXTS,
    "--flag": st.builds("server:--{}={}".format, TEXTS, TEXTS) | TEXTS, "--place": TEXTS, "-l": TEXTS,
    "--study": TEXTS, "--java": TEXTS, "--instrument": TEXTS, "--scratch": TEXTS, "--cluster": TEXTS,
}  # fmt: skip
PAIR = st.sampled_from(sorted(OPTIONS)).flatmap(lambda name: st.tuples(st.just(name), OPTIONS[name]))


@given(pairs=st.lists(PAIR, min_size=1, max_size=3))
@CASE
def test_words_of_the_command_line(pairs: list[tuple[str, str]]) -> None:
    words = [word for pair in pairs for word in pair]
    last = dict(pairs)
    wrong = [value for value in [last.get("--repeat", "1")] if not _is_count(value)]
    wrong += [value for value in [last.get("-l", "debug")] if value != "debug"]
    wrong += [value for name, value in pairs if name in ("--set", "--vary") and value.startswith("nonsense=")]
    judge("command line", cli("plan", "unreplicated", *words), must_refuse=bool(wrong), case=lambda: words)


def _is_count(text: str) -> bool:
    try:
        return 1 <= int(text) <= 1_000_000
    except ValueError:
        return False


class _Odd:
    def __repr__(self) -> str:
        raise RuntimeError


VALID: dict[str, Any] = {
    "vary": {"num_clients_per_proc": [1, 2], "duration": ["1s", "2s"]},
    "set": {"workload": {"name": "StringWorkload", "size_mean": 3}, "timeout": "5s"},
    "repeat": 2, "log_level": "info", "place": ["spread"], "jvm_arg": ["server:-Xint"], "flags": "server:--a=1",
    "study": "smoke", "local": False,
}  # fmt: skip
MORE: tuple[Callable[[], Any], ...] = (
    lambda: np.int64(1), lambda: np.arange(3), lambda: np.float32(0.5), lambda: np.bool_(True), lambda: np.array([[1]]),
    lambda: b"x", lambda: (n for n in (1, 2)), lambda: range(3), lambda: {1, 2}, lambda: Fraction(1, 2), _Odd,
    lambda: Path("x"), lambda: 1 + 2j, lambda: np.str_("x"), lambda: np.nan, lambda: {1: 2}, lambda: object, dict,
)  # fmt: skip
PLAIN = (str, int, float, bool, list, dict, type(None))
FITS: dict[str, tuple[type, ...]] = {
    "vary": (dict, list), "set": (dict, list), "repeat": (int, type(None)), "log_level": (str, type(None)),
    "place": (str, list), "jvm_arg": (str, list), "flags": (str, list), "study": (str,), "local": (bool,),
}  # fmt: skip


def _given(name: str, valid: Any) -> st.SearchStrategy[Any]:
    return mutated(valid) | st.sampled_from(MORE).map(lambda make: make())


@given(data=st.data())
@CASE
def test_values_from_python(data: st.DataObject) -> None:
    options = dict(VALID)
    for name in data.draw(st.lists(st.sampled_from(sorted(VALID)), min_size=1, max_size=2, unique=True)):
        options[name] = data.draw(_given(name, VALID[name]))
    plain = {name: value for name, value in options.items() if type(value) in PLAIN}
    wrong = [name for name, value in plain.items() if type(value) not in FITS[name]]
    message = ""
    try:
        check_plan("unreplicated", options)
    except Refused as refused:
        message = str(refused)
    count("Python", bool(message), message, must_refuse=bool(wrong), text=f"{wrong} of {sorted(plain)}")


SEARCH: dict[str, Any] = {
    "maximize": ["measured.throughput"], "subject_to": "measured.latency.p99_ms<=1",
    "space": {"num_clients_per_proc": "1..8", "workload.size_mean": [1, 2, 3]}, "budget_trials": 5, "stop_at": 0.02,
    "confirm": 2, "seed": 7, "sampler": "ours",
}  # fmt: skip


@given(data=st.data())
@CASE
def test_values_of_a_search(data: st.DataObject) -> None:
    options = dict(SEARCH)
    for name in data.draw(st.lists(st.sampled_from(sorted(SEARCH)), min_size=1, max_size=2, unique=True)):
        options[name] = data.draw(_given(name, SEARCH[name]))
    wrong = [name for name in ("budget_trials", "confirm", "seed") if type(options[name]) in (str, float, list, dict)]
    message = ""
    try:
        check_search("unreplicated", {**options, "storage": "memory", "jar": "reference"})
    except Refused as refused:
        message = str(refused)
    count("search", bool(message), message, must_refuse=bool(wrong), text=f"{wrong}")


STUDY: dict[str, Any] = {
    "base": {"timeout": "5s"}, "points": [{"num_clients_per_proc": 1}, {"duration": "1s"}], "repeat": 2,
    "summary": ["duration"], "about": "x", "regions": {"server": 1},
    "figure": {"kind": "lt", "by": ["duration"]},
}  # fmt: skip
STUDY_KINDS = {
    "base": dict,
    "points": list,
    "repeat": int,
    "summary": list,
    "about": str,
    "regions": dict,
    "figure": dict,
}


def _source(value: Any) -> str:
    """The value in a study file; a number of many digits is computed there."""
    return f"json.loads({json.dumps(json.dumps(value))})" if value != 10**400 else "10**400"


@given(data=st.data())
@CASE
def test_study_files(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    study = dict(STUDY)
    for name in data.draw(st.lists(st.sampled_from(sorted(STUDY)), min_size=1, max_size=2, unique=True)):
        study[name] = data.draw(mutated(STUDY[name]) | st.sampled_from(ODD))
    kind = data.draw(st.sampled_from(["Study", "Search"]))
    file = tmp_path_factory.getbasetemp() / "generated.py"
    values = ", ".join(f"{name}={_source(value)}" for name, value in study.items())
    text = f"import json, fpray\nSTUDY = fpray.{kind}('s', 'unreplicated', {values})\n"
    file.write_text(text, "utf-8", "surrogatepass")
    wrong = [name for name, value in study.items() if type(value) is not STUDY_KINDS[name]]
    words = ("--vary", "num_clients_per_proc=1") if kind == "Search" else ()
    done = cli("plan", "unreplicated", "--study", str(file), *words)
    judge("study file", done, must_refuse=bool(wrong), case=lambda: values)


def test_the_number_of_cases_is_that_of_the_environment() -> None:
    ran = itertools.count()

    @given(st.integers(0, 10**9))
    @CASE
    def case(_number: int) -> None:
        next(ran)

    case()
    assert next(ran) >= CASE.max_examples
