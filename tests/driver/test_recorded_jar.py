"""`fpray debug` runs the jar that its trial ran, or says what is in its place: nothing, no jar, another jar."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from fpray.driver import debug, recorded_jar
from fpray.errors import Cause, refuse
from fpray.jar.find import Jar, sha256
from tests.conftest import cli

RECORDED = Path(__file__).parents[1] / "recorded" / "suites" / "sweep_with_a_crash"
MAINS = ("ServerMain", "ClientMain")


def _jar(path: Path, *mains: str, note: str = "") -> str:
    """A jar with main classes of unreplicated; its hash."""
    with zipfile.ZipFile(path, "w") as file:
        for main in mains:
            file.writestr(f"frankenpaxos/unreplicated/{main}.class", note)
    return sha256(path)


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A recorded suite; its trials ran `mine.jar`, which is beside it."""
    (tmp_path / "suites").mkdir()
    suite = Path(shutil.copytree(next(RECORDED.iterdir()), tmp_path / "suites" / next(RECORDED.iterdir()).name))
    hash_of = _jar(tmp_path / "mine.jar", *MAINS)
    record = {"name": "mine.jar", "path": str(tmp_path / "mine.jar"), "sha256": hash_of}
    _edit(suite / "suite.json", jar=record)
    _trial_ran(suite, hash_of)
    return suite


def _edit(file: Path, **entries: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | entries))


def _trial_ran(suite: Path, hash_of: str) -> None:
    file = suite / "001" / "trial.json"
    _edit(file, provenance=json.loads(file.read_text())["provenance"] | {"jar_sha256": hash_of})


def _refusal(suite: Path, anchor: str) -> str:
    done = cli("debug", f"{suite}/001", "server", "--local")
    assert done.exit_code == 2, done.output
    assert done.output.rstrip().endswith(f"docs/troubleshooting.md#{anchor}"), done.output
    assert "--jar" not in done.output  # there is no such option here
    return re.sub(r"\s+", " ", done.output)


def _jar_that_runs(suite: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """The output until machines are asked for, and the name of the jar that was chosen before that."""
    jars = []
    find = recorded_jar.jar_of_trial

    def note(*words: Any) -> Any:
        jars.append(find(*words))
        return jars[0]

    def machines(*_: object, **__: object) -> None:
        raise refuse("machines", "are not for this test", Cause.MACHINES)

    monkeypatch.setattr(debug, "jar_of_trial", note)
    monkeypatch.setattr(debug, "Machines", machines)
    done = cli("debug", f"{suite}/001", "server", "--local")
    assert "machines are not for this test" in re.sub(r"\s+", " ", done.output), done.output
    return done.output, jars[0].path.name


def test_the_jar_that_is_still_there_is_run_without_a_word(suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output, name = _jar_that_runs(suite, monkeypatch)
    assert name == "mine.jar"
    assert "warning" not in output


def test_a_reference_jar_of_other_sources_is_run_where_it_is_still_there(
    suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jar = json.loads((suite / "suite.json").read_text())["jar"]
    _edit(suite / "suite.json", jar={**jar, "name": "reference"})
    output, name = _jar_that_runs(suite, monkeypatch)
    assert name == "mine.jar"
    assert "warning" not in output


def test_the_reference_jar_that_is_built_again_from_the_same_sources_is_the_same(
    suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = json.loads((suite / "suite.json").read_text())["jar"]
    _edit(suite / "suite.json", jar={**content, "name": "reference"})
    moved = (suite.parents[1] / "mine.jar").rename(suite.parents[1] / "built.jar")
    monkeypatch.setattr(recorded_jar, "find_jar", lambda *_: Jar(moved, sha256(moved), "", reference=True))
    output, name = _jar_that_runs(suite, monkeypatch)
    assert (name, "warning" in output) == ("built.jar", False)


def test_a_jar_that_is_gone_is_named_with_its_hash(suite: Path) -> None:
    jar = suite.parents[1] / "mine.jar"
    hash_of = sha256(jar)
    jar.unlink()
    output = _refusal(suite, "jar")
    assert f"{jar} is gone: it was the jar that this trial ran (sha {hash_of[:8]}). Put it back there" in output


@pytest.mark.parametrize("content", [b"", b"no jar", None])
def test_what_is_no_jar_any_more_is_named(content: bytes | None, suite: Path) -> None:
    jar = suite.parents[1] / "mine.jar"
    if content is None:
        jar.unlink()
        jar.mkdir()
    else:
        jar.write_bytes(content)
    output = _refusal(suite, "jar")
    assert f"{jar} is not the jar that this trial ran (sha " in output
    assert "but another file, which is no jar or cannot be read. Put the earlier jar back there" in output


def test_another_jar_is_run_with_a_warning_that_says_which_is_missing(
    suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jar = suite.parents[1] / "mine.jar"
    before = sha256(jar)
    after = _jar(jar, *MAINS, note="newer")
    output, _ = _jar_that_runs(suite, monkeypatch)
    assert (
        f"warning: this run uses another jar, mine.jar (sha {after[:8]}), because the jar that this trial ran"
        f" (sha {before[:8]}) is not at {jar} any more"
    ) in output


def test_another_jar_that_lacks_a_main_class_is_refused(suite: Path) -> None:
    jar = suite.parents[1] / "mine.jar"
    before = sha256(jar)
    _jar(jar, "ServerMain")
    output = _refusal(suite, "main-classes")
    assert f"{jar} is not the jar that this trial ran (sha {before[:8]}), and lacks what the trial needs: " in output
    assert "needs: main class frankenpaxos.unreplicated.ClientMain" in output


def test_a_trial_of_an_earlier_jar_of_its_suite_runs_that_one(suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite went on with another jar (`--accept-change`), and the first one is still where it was."""
    content = json.loads((suite / "suite.json").read_text())
    newer = _jar(suite.parents[1] / "newer.jar", *MAINS, note="newer")
    run = {**content["runs"][0], "provenance": {"jar": content["jar"]}}
    jar = {"name": "newer.jar", "path": str(suite.parents[1] / "newer.jar"), "sha256": newer}
    _edit(suite / "suite.json", jar=jar, runs=[{"provenance": {}}, run, {"provenance": {"jar": jar}}])
    output, name = _jar_that_runs(suite, monkeypatch)
    assert (name, "warning" in output) == ("mine.jar", False)
    (suite.parents[1] / "mine.jar").unlink()
    assert f"{suite.parents[1] / 'mine.jar'} is gone" in _refusal(suite, "jar")


def test_a_suite_that_says_only_the_name_of_its_jar_does_not_run_the_reference_jar(suite: Path) -> None:
    """As the first version of fpray wrote it."""
    _edit(suite / "suite.json", jar={"name": "mine.jar"}, runs=[])
    assert "says only the name of the jar that its trials ran, mine.jar, and not where it is" in _refusal(suite, "jar")
