"""Files of a suite that are not what fpray writes: each is named with what is wrong, and the rest is shown."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import fpray
from fpray.testing.fake_machines import FakeMachines
from tests.conftest import cli
from tests.support.sweeps import finished, run_on

RECORDED = Path(__file__).parents[1] / "recorded" / "suites" / "search"
FILES = (
    "suite.json", "progress.json", "answer.json", "points.json", "001/trial.json", "001/outcome.json", "001/plan.json",
)  # fmt: skip


def _directory(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _loop(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.name)


def _holds(data: bytes) -> Callable[[Path], None]:
    def write(file: Path) -> None:
        file.write_bytes(data)

    return write


DAMAGES: dict[str, Callable[[Path], None]] = {
    "number": _holds(b"5"),
    "list": _holds(b"[1]"),
    "empty object": _holds(b"{}"),
    "null": _holds(b"null"),
    "nothing": _holds(b""),
    "cut off": _holds(b'{"status": "fin'),
    "not UTF-8": _holds(b'{"status": "\xff"}'),
    "digits": _holds(b'{"status": ' + b"1" * 5000 + b"}"),
    "deep": _holds(b"[" * 3000 + b"]" * 3000),
    "wrong types": _holds(
        json.dumps(
            dict.fromkeys(
                ("status", "results", "id", "params", "points", "jar", "before", "under_way", "processes", "sentences"),
                5.5,
            )
        ).encode()
    ),
    "directory": _directory,
    "loop": _loop,
}


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (original,) = (path for path in RECORDED.iterdir() if path.is_dir())
    shutil.copytree(original, tmp_path / "suites" / original.name)
    return tmp_path / "suites" / original.name


@pytest.fixture(scope="module")
def one_suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for several tests, each of which puts back what it damages."""
    (original,) = (path for path in RECORDED.iterdir() if path.is_dir())
    copy = tmp_path_factory.mktemp("one") / "suites" / original.name
    shutil.copytree(original, copy)
    return copy


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_named_by_every_command_that_reads_it(one_suite: Path, name: str, damage: str) -> None:
    """I3: no traceback whatever a file of a suite holds; what was needed of it and is wrong is said, exit code 2."""
    file = one_suite / name
    before = file.read_bytes()
    DAMAGES[damage](file)
    try:
        _assert_named(one_suite, name, damage)
    finally:
        if file.is_dir():
            file.rmdir()
        file.unlink(missing_ok=True)
        file.write_bytes(before)


def _assert_named(suite: Path, name: str, damage: str) -> None:
    outputs = []
    root = ("-s", str(suite.parent))
    for words in (("show", str(suite)), ("show", f"{suite}/001"), ("status", *root), ("logs", f"{suite}/001")):
        done = cli(*words)
        assert done.exception is None or isinstance(done.exception, SystemExit), (words, done.exception)
        assert done.exit_code in (0, 2)
        outputs.append(done.output)
        if done.exit_code == 2:
            assert "suite.json" in done.stderr or name in done.stderr, done.stderr
    optional = name in ("answer.json", "points.json") and damage == "empty object"
    unread = name == "points.json" or (name == "answer.json" and damage == "null")
    if not optional and not unread:
        assert any(name in text or "suite.json" in text for text in outputs), outputs


@pytest.mark.parametrize("name", ["suite.json", "points.json", "answer.json", "001/trial.json", "001/outcome.json"])
def test_a_figure_of_a_damaged_search_is_refused(suite: Path, name: str, tmp_path: Path) -> None:
    """I3: the figure reads the files of a search."""
    (suite / name).write_text('{"search": 1, "a2afba2fec19b315": 2, "sentences": 3}')
    done = cli("show", str(suite), "--figure", str(tmp_path / "f.svg"))
    assert done.exit_code == 2
    assert name in done.stderr


def test_one_damaged_progress_file_hides_no_other_suite(suite: Path) -> None:
    """I3: `progress.json` bad: the other suites, and this one, are listed."""
    other = suite.with_name("2026-11-28_00-00-00_ABCDEFGHIJ_other")
    shutil.copytree(suite, other)
    (suite / "progress.json").write_text("5")
    done = cli("status", "-s", str(suite.parent))
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 2
    assert "progress.json is damaged: it must be an object, not 5" in done.stderr


def test_the_trials_beside_a_damaged_one_are_shown(suite: Path) -> None:
    """I3: one damaged outcome does not hide the others."""
    (suite / "001" / "outcome.json").write_text('{"status": "finish", "reason": "none"}')
    (suite / "002" / "outcome.json").write_text("5")
    done = cli("show", str(suite))
    assert done.exit_code == 2
    assert "003" in done.stdout
    assert "001/outcome.json is damaged: status must be one of finished, " in done.stderr
    assert "did you mean finished?" in done.stderr
    assert "002/outcome.json is damaged: it must be an object, not 5" in done.stderr


def test_a_file_of_a_newer_version_is_named(suite: Path) -> None:
    """I3: a schema that this version does not know is said; entries that it does not know are no problem."""
    file = suite / "suite.json"
    content = json.loads(file.read_text())
    file.write_text(json.dumps(content | {"invented_later": [1]}))
    assert cli("show", str(suite)).exit_code == 0
    file.write_text(json.dumps(content | {"schema": 2}))
    done = cli("show", str(suite))
    assert done.exit_code == 2
    assert "was written by a newer version of fpray (schema 2; this version reads up to 1)" in done.stderr


def test_parameters_that_the_protocol_does_not_have_are_shown_as_they_are(suite: Path) -> None:
    """I3: `show` of a suite after its protocol has changed its parameters."""
    file = suite / "001" / "trial.json"
    content = json.loads(file.read_text())
    del content["params"]["duration"]
    content["params"]["window_of_yesterday"] = 77
    file.write_text(json.dumps(content))
    done = cli("show", str(suite))
    assert done.exit_code == 0, done.output
    assert "window_of_yesterday" in done.stdout
    assert "77" in done.stdout


@pytest.mark.parametrize("name", ["suite.json", "001/trial.json", "001/outcome.json"])
def test_a_sweep_does_not_continue_a_damaged_suite(tmp_path: Path, name: str) -> None:
    """I3: a sweep over a damaged suite starts nothing, or says that it does not continue it."""
    first = run_on(FakeMachines(), finished, tmp_path, loops=2)
    (first.suite / name).write_text('{"schema": 1}')
    with pytest.raises(fpray.Refused, match=name) as refused:
        run_on(FakeMachines(), finished, tmp_path, loops=2, suite_directory=first.suite)
    assert refused.value.exit_code == 2


def test_points_of_another_version_are_named(tmp_path: Path) -> None:
    """I3: words of a suite that this version does not know."""
    first = run_on(FakeMachines(), finished, tmp_path, loops=2)
    file = first.suite / "suite.json"
    content = json.loads(file.read_text())
    content["points"].append(content["points"][0] | {"invented_later": "x"})
    file.write_text(json.dumps(content))
    with pytest.raises(fpray.Refused, match=r"entries .invented_later. that"):
        run_on(FakeMachines(), finished, tmp_path, loops=2, suite_directory=first.suite)
