"""docs/troubleshooting.md has an entry for each status, reason, class of refusal and of error; messages name them."""

from __future__ import annotations

import ast
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fpray.cli import launch
from fpray.errors import Cause, FprayError, Lost, Problem, Refused, explained
from fpray.report.outcome_lines import failure_lines
from fpray.store.outcome import Outcome, Reason, Status
from fpray.testing.fake_machines import FakeMachines
from tests.conftest import cli
from tests.repository.house import Source, sources
from tests.support.sweeps import crashed, run_on

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "troubleshooting.md").read_text()
ENTRIES = re.findall(r"^### (.*)$", TEXT, re.MULTILINE)
# The calls that make a problem or an error -> the place of its class among their arguments.
MAKERS = {"Problem": 2, "refuse": 2, "FprayError": 1, "NoJobs": 1}
SOURCES = [source for source in sources(ROOT, "fpray") if source.path.name != "errors.py"]


def test_each_status_each_reason_and_each_class_has_one_entry_and_no_other_has() -> None:
    """A class of error may have the entry of a status or a reason."""
    reasons = {reason.value for reason in Reason if reason is not Reason.NONE}
    classes = {cause.value for cause in Cause}
    assert sorted(ENTRIES) == sorted({*(status.value for status in Status), *reasons, *classes})
    assert len(ENTRIES) <= 60


def test_each_entry_says_something() -> None:
    for entry, text in re.findall(r"^### (.*)\n((?:(?!#).*\n?)*)", TEXT, re.MULTILINE):
        assert len(text.split()) >= 3, entry


def _without_class(source: Source) -> Iterator[str]:
    """Each call that makes a problem or an error and does not state its class, as the last argument."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
            stated = ast.unparse(node.args[-1]) if len(node.args) == MAKERS[node.func.id] + 1 else ""
            if not re.fullmatch(r"Cause\.[A-Z_]+|(\w+\.)?cause", stated):
                yield f"{source.path}:{node.lineno}"


def test_each_refusal_and_each_error_states_its_class() -> None:
    """The rule is for the engine; the constraints of a protocol are about parameters, which is the default."""
    assert [place for source in SOURCES for place in _without_class(source)] == []


def test_each_class_is_of_a_refusal_or_an_error() -> None:
    stated = {name for source in SOURCES for name in re.findall(r"Cause\.([A-Z_]+)", source.text)}
    assert {*stated, Lost("").causes[0].name} == {cause.name for cause in Cause}


def test_no_error_of_a_user_has_a_class_of_python_that_states_none() -> None:
    """Each is a `Refused`, a `Lost`, or one of `MAKERS`."""
    bases = {"FprayError", "Refused", "Lost"}
    classes = {
        node.name
        for source in sources(ROOT, "fpray")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and bases & {ast.unparse(base) for base in node.bases}
    }
    assert classes == {"Refused", "Lost", "NoJobs", "Damaged"}


def test_what_ends_a_command_with_exit_code_1_states_its_class() -> None:
    """What is no exception: output that cannot be written. The check of a jar has a result, which is no error."""
    ends = {
        (str(source.path), function.name): ast.unparse(function)
        for source in SOURCES
        if source.path.parts[1] in ("cli", "driver", "report", "searching")  # others are processes of machines
        for function in ast.walk(source.tree)
        if isinstance(function, ast.FunctionDef) and re.search(r"exit\((.* )?1\)", ast.unparse(function))
    }
    assert ends.pop(("fpray/cli/catalog.py", "protocols"))
    assert [place for place, text in ends.items() if "explained(Cause." not in text] == []
    assert ends


def test_a_refusal_names_the_entries_of_its_classes_once_at_its_end() -> None:
    option, jar = Problem("--x", "is wrong", Cause.OPTION), Problem("my.jar", "is no jar", Cause.MAIN_CLASSES)
    lines = str(Refused(option, jar, option)).splitlines()
    assert lines[-1] == "  see docs/troubleshooting.md#option, #main-classes"
    assert len(lines) == 5
    assert Refused(jar).explained() == "my.jar is no jar · docs/troubleshooting.md#main-classes"


def test_an_error_names_its_entry_at_its_end_and_crosses_to_another_process() -> None:
    error = FprayError("the head is gone", Cause.RAY_LOSS)
    lost = Lost("no answer", ["a"])
    refused = Refused(Problem("my.jar", "is no jar", Cause.JAR))
    assert str(error) == error.explained() == "the head is gone · docs/troubleshooting.md#ray-loss"
    assert (str(lost), lost.explained()) == ("no answer", "no answer · docs/troubleshooting.md#lost")
    for one in (error, lost, refused):
        copy = pickle.loads(pickle.dumps(one))
        assert (type(copy), str(copy), vars(copy)) == (type(one), str(one), vars(one))


@pytest.mark.parametrize(
    ("words", "anchor"),
    [
        ("sweep unreplicated --set num_client_procz=1 --dry-run", "parameter"),
        ("sweep unreplicated --parallel 0 --dry-run", "option"),
        ("sweep unreplicated --no-such-option", "option"),
        ("sweep nothing", "protocol"),
        ("sweep unreplicated -j missing.jar --dry-run", "jar"),
        ("plan unreplicated --cluster missing.json", "cluster-file"),
        ("show missing -s .", "suite"),
        ("search unreplicated --maximize nothing --space num_client_procs=1..2 --dry-run", "goal"),
    ],
)
def test_what_a_command_refuses_points_to_its_entry(words: str, anchor: str) -> None:
    done = cli(*words.split())
    assert done.exit_code == 2
    assert done.output.rstrip().endswith(f"docs/troubleshooting.md#{anchor}"), done.output


def test_output_that_cannot_be_written_points_to_its_entry() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "fpray", "studies"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.endswith(" · docs/troubleshooting.md#not-writable\n"), done.stderr


def test_a_head_that_is_not_reached_points_to_its_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "cluster.yaml"
    file.write_text(
        "cluster_name: x\nprovider: {type: local, head_ip: 10.255.1.7, worker_ips: []}\nauth: {ssh_user: me}\n"
    )
    monkeypatch.setenv("PATH", str(tmp_path))
    done = cli("status", "--cluster", str(file))
    assert done.exit_code == 1, done.output
    assert done.output.endswith(" · docs/troubleshooting.md#head\n"), done.output


def test_a_driver_that_was_killed_before_it_began_points_to_its_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(launch, "hang_up_ends", lambda: None)
    monkeypatch.setattr(launch, "start", lambda *_, **__: (None, -9))
    done = cli("sweep", "unreplicated", "--detach", "--local")
    assert done.exit_code == 1, done.output
    assert (
        "the process that was to run the sweep was killed by signal 9 (a user did it, or memory ran out: sudo dmesg"
        " on its machine shows which) before the sweep was under way" in done.output
    )
    assert done.output.endswith(" · docs/troubleshooting.md#killed-driver\n"), done.output


def test_a_sweep_that_stops_because_most_trials_fail_points_to_its_entry(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_on(FakeMachines(["a"]), crashed, tmp_path, loops=6)
    assert f"--keep-going to it to continue in any case · {explained(Cause.FAILURE_LIMIT)}\n" in capsys.readouterr().err


def test_a_trial_that_failed_points_to_its_entry() -> None:
    for status in Status:
        if status is not Status.FINISHED:
            head, *_, last = failure_lines("001", 2, Outcome(status, "why"))
            assert head == f"trial 001 of 002 · {status.value}: why"
            assert last == f"    see docs/troubleshooting.md#{status.value}"
            lines = failure_lines("001", 2, Outcome(status, "why", log="/suite/001/server_err.txt"))
            assert f"docs/troubleshooting.md#{status.value}" in lines[-1]
