"""Values that no trial can have are refused, whatever the protocol, the workload and the option."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fpray.plan.plan import parameter_problems
from fpray.protocol.params import flatten, set_values
from fpray.protocol.values import BadValue, alternatives, field_types, read_value
from fpray.study.registry import protocols, studies
from tests.conftest import cli

PROTOCOLS = protocols()
HEAPS = pytest.mark.parametrize("heap", ["banana", "-5m", "0", "1k", "2047k", "1.5g", "200t"])
COMMANDS = pytest.mark.parametrize(
    "words", ["sweep", "plan", "search --maximize measured.throughput --budget-trials 1"]
)
DURATIONS = pytest.mark.parametrize(
    "words",
    [
        "unreplicated --set duration=100000h",
        "unreplicated --set warmup_sleep=24.1h",
        "unreplicated --vary timeout=10s,25h",
        "fastmultipaxos --set timeout_seconds=86401",
    ],
)
NAMES = ("num_blockers", "top_k_dependencies", "predetermined_read_fraction")  # -1 stands for something


def _with_every_workload(params: Any, name: str) -> Iterator[Any]:
    """The parameters with each kind of each workload."""
    yield params
    for field, kind in field_types(type(params)).items():
        for workload in alternatives(kind):
            yield set_values(params, {f"{field}.name": workload.__name__}, protocol=name)[0]


@pytest.mark.parametrize("name", PROTOCOLS)
def test_no_parameter_takes_what_no_trial_can_have(name: str) -> None:
    """B3: negative sizes, counts and times, shares above 1, in every option and workload of every protocol."""
    protocol = PROTOCOLS[name]
    for params in _with_every_workload(protocol.params(), name):
        for field, value in flatten(params).items():
            last = field.rpartition(".")[2]
            bad: list[Any] = ["banana", "100f", "-5m", "0", "1k", "", "9" * 30] if last.endswith("heap_size") else []
            if isinstance(value, timedelta):
                bad = [timedelta(seconds=-1), timedelta(hours=24, microseconds=1), "100000h"]
            elif isinstance(value, float) and last.endswith(("_fraction", "_rate", "_alpha")):
                bad = [-0.5, 1.5, 7]
            elif isinstance(value, int | float) and not isinstance(value, bool):
                bad = [-2 if last in NAMES else -1]
                bad += [86_401] if last.endswith("_seconds") else []
            elif last == "name":
                bad = []
            for wrong in bad:
                changed, problems = set_values(params, {field: wrong}, protocol=name)
                refused = problems or parameter_problems(protocol, changed)
                assert refused, f"{name}: {field}={wrong}"


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_defaults_and_every_study_are_within_the_ranges(name: str) -> None:
    """B3: nothing that was published is refused."""
    protocol = PROTOCOLS[name]
    assert parameter_problems(protocol, protocol.params()) == []
    for study in studies().get(name, {}).values():
        for point in study.points:
            params, _ = set_values(protocol.params(), {**study.base, **point}, protocol=name)
            assert parameter_problems(protocol, params) == [], study.name


@DURATIONS
def test_a_duration_of_more_than_a_day_is_refused(words: str) -> None:
    """B6: in every unit of every protocol, and the refusal names the bound."""
    done = cli("sweep", *words.split(), "--dry-run")
    assert done.exit_code == 2, done.output
    assert "24h" in done.stderr


@HEAPS
@COMMANDS
def test_a_heap_with_which_java_does_not_start_is_refused(heap: str, words: str) -> None:
    """B3: the heap of each role, in --set, --vary and --space."""
    command, *rest = words.split()
    dry = [] if command == "plan" else ["--dry-run"]
    space = ["--space", "num_clients_per_proc=1,2"] if rest else []
    done = cli(command, "unreplicated", *rest, *space, "--set", f"jvm_heap_size={heap}", *dry)
    assert done.exit_code == 2, done.output
    assert f"jvm_heap_size={heap} is " in done.stderr
    several = ["--space" if rest else "--vary", f"jvm_heap_size={heap},100m"]
    done = cli(command, "unreplicated", *rest, *several, *dry)
    assert done.exit_code == 2, done.output
    assert f"jvm_heap_size={heap} is " in done.stderr


def test_heaps_are_refused_beside_the_other_problems() -> None:
    """All problems at once."""
    done = cli("plan", "multipaxos", "--set", "*_jvm_heap_size=1k", "--set", "num_leaders=1")
    assert "nothing was started; 9 problems" in done.stderr, done.stderr


def test_a_suite_with_a_heap_that_is_refused_now_is_carried_on_by_its_command(tmp_path: Path) -> None:
    """Only what is new is checked."""
    (original,) = (Path(__file__).parents[1] / "recorded" / "suites" / "sweep_with_a_crash").iterdir()
    shutil.copytree(original, tmp_path / original.name)
    words = ["sweep", "unreplicated", "--set", "warmup_duration=50ms", "--set", "warmup_timeout=5s", "--dry-run"]
    words += ["--set", "duration=100ms", "--set", "timeout=5s", "-s", str(tmp_path)]
    assert cli(*words, "--vary", "jvm_heap_size=100m,100f").exit_code == 0
    assert cli(*words, "--vary", "jvm_heap_size=100m,100f", "--new").exit_code == 2
    assert cli(*words, "--vary", "jvm_heap_size=100m,99f").exit_code == 2


def test_a_share_that_is_none_is_refused_before_anything_starts() -> None:
    """B3: conflict_rate is 0 to 1."""
    words = ["--vary", "workload.name=BernoulliSingleKeyWorkload", "--vary", "workload.conflict_rate=-0.5,7"]
    done = cli("sweep", "unreplicated", *words, "--dry-run")
    assert done.exit_code == 2
    for value in ("-0.5", "7.0"):
        assert (f"workload.conflict_rate={value} must be a number from 0 to 1, such as 0.5") in " ".join(
            done.stderr.split()
        )


def test_the_name_of_a_workload_inside_another_is_no_parameter() -> None:
    """B3: its kind is that of the outer one."""
    words = ["--set", "workload.name=WriteOnlyStringWorkload", "--set", "workload.workload.name=X"]
    done = cli("plan", "multipaxos", *words)
    assert done.exit_code == 2
    assert "is the name of the kind, StringWorkload" in done.stderr


@pytest.mark.parametrize("text", ["1_0", "\u0660.\u0665", "nan", "1e999"])
def test_a_number_has_plain_digits(text: str) -> None:
    """B2, I8: one definition of a number, of integers and of others."""
    with pytest.raises(BadValue, match=r"is not a (finite )?number"):
        read_value(float, text)
