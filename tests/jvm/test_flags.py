"""Command lines of the jar's mains: the flags of FrankenPaxos, and every problem named at once."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

from tests.conftest import cli
from tests.jvm.processes import HOST, run

pytestmark = pytest.mark.jvm
MAINS = json.loads((Path(__file__).parents[1] / "data" / "mains.json").read_text())["mains"]
PROTOCOLS = ("batchedunreplicated", "craq", "epaxos", "multipaxos", "unreplicated")
NOT_OURS = {"frankenpaxos.multipaxos.SuperNodeMain"}
OURS = sorted(main for main in MAINS if main.split(".")[1] in PROTOCOLS and main not in NOT_OURS)
# The workloads of ReadWriteWorkloadProto that craq's does not have.
UNKNOWN_TO_CRAQ = (
    "UniformMultiKeyReadWriteWorkload",
    "WriteOnlyStringWorkload",
    "WriteOnlyUniformSingleKeyWorkload",
    "WriteOnlyBernoulliSingleKeyWorkload",
)


@pytest.mark.parametrize("main", OURS)
def test_mains_have_the_flags_of_the_original(reference_jar: Path, main: str) -> None:
    """A main of the jar accepts what FrankenPaxos's accepts, and requires the same."""
    done = run(reference_jar, main, "--help")
    assert done.returncode == 0
    flags = re.findall(r"^  (--\S+) <.*> \((required|optional|default: .*)\)$", done.stdout, re.MULTILINE)
    assert {flag: kind == "required" for flag, kind in flags} == MAINS[main]
    assert re.search(r"--log_level <debug\|info\|warn\|error\|fatal> \(required\)", done.stdout)
    assert re.search(r"--prometheus_port <Int>", done.stdout)


def test_every_main_of_a_protocol_is_one_of_the_original(reference_jar: Path) -> None:
    names = {name.removesuffix(".class").replace("/", ".") for name in zipfile.ZipFile(reference_jar).namelist()}
    assert sorted(name for name in names if re.fullmatch(r"frankenpaxos\.\w+\.\w+Main", name)) == OURS


def test_every_problem_with_flags_is_named_and_the_exit_code_is_1(reference_jar: Path) -> None:
    done = run(
        reference_jar,
        "frankenpaxos.unreplicated.ServerMain",
        *("--nope", "1", "--host", HOST, "--port", "abc", "--state_machine", "Foo", "--log_level", "info"),
    )
    assert done.returncode == 1
    choices = "Foo is not one of AppendLog, KeyValueStore, Noop, or Register."
    lines = done.stderr.splitlines()
    assert lines[:6] == [
        "Error: Unknown option --nope",
        "Error: Unknown argument '1'",
        "Error: Option --port expects a number but was given 'abc'",
        f"Error: Option --state_machine failed when given 'Foo'. {choices}",
        "Error: Missing option --options.flushEveryN",
        "Try --help for more information.",
    ]
    assert "IllegalArgumentException" in lines[6]
    assert lines[7].startswith("\tat ")


@pytest.mark.parametrize(
    ("flag", "value", "error"),
    [
        ("--duration", "abc", "Option --duration expects a number but was given 'abc'"),
        ("--duration", "Inf", "Option --duration failed when given 'Inf'"),
        ("--predetermined_read_fraction", "101", "Option --predetermined_read_fraction failed when given '101'"),
        ("--read_consistency", "strong", "strong is not one of linearizable, sequential, or eventual."),
        ("--options.unsafeReadAtI", "maybe", "'maybe' is not a boolean."),
        ("--workload", "/nowhere", "java.io.FileNotFoundException: /nowhere (No such file or directory)"),
    ],
)
def test_values_that_do_not_fit_are_refused(reference_jar: Path, flag: str, value: str, error: str) -> None:
    done = run(reference_jar, "frankenpaxos.multipaxos.ClientMain", flag, value, flag, value)
    assert done.returncode == 1
    assert error in done.stderr
    assert f"Error: Option {flag} is given more than once" in done.stderr
    assert "Error: Missing option --config" in done.stderr


@pytest.mark.parametrize("kind", UNKNOWN_TO_CRAQ)
def test_workloads_that_clients_of_craq_do_not_know_are_refused(reference_jar: Path, tmp_path: Path, kind: str) -> None:
    # `fpray plan craq` refuses them, too, and rightly so: multipaxos' file of that workload is none of craq's.
    plan = cli("plan", "multipaxos", "--json", "--set", f"workload.name={kind}", "--set", "state_machine=Noop")
    workload = tmp_path / "workload.pbtxt"
    workload.write_text(json.loads(plan.output)[0]["files"]["workload.pbtxt"])
    done = run(reference_jar, "frankenpaxos.craq.ClientMain", "--workload", str(workload))
    assert done.returncode == 1
    assert re.search(r"Option --workload failed when given .* Unknown field name", done.stderr)


def test_a_history_of_an_unknown_protocol_is_refused(reference_jar: Path) -> None:
    done = run(reference_jar, "fpray.history.HistoryMain", "paxos")
    assert done.returncode == 1
    assert "The first argument must be a protocol of this jar, but is 'paxos'." in done.stderr
