"""`fpray show` prints what a kind of suite brings, and knows no kind but the sweep's."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from fpray.errors import FprayError, Refused
from fpray.report.show import show
from fpray.store.suite import Suite

SUITES = Path(__file__).parents[1] / "recorded" / "suites"
(AGAIN,) = (SUITES / "pilot_and_rerun").iterdir()
(SEARCH,) = (path for path in (SUITES / "search").iterdir() if path.is_dir())


class _Section:
    def lines(self, suite: Suite) -> Iterable[str]:
        yield f"a line of a {suite.record.kind}"

    def to_go(self, suite: Suite, total: int, done: int) -> str:
        return f", {total} begun and {done} ended"

    def varied(self, suite: Suite) -> Sequence[str]:
        return ()


def test_a_kind_of_suite_brings_its_own_section(capsys: pytest.CaptureFixture[str]) -> None:
    show(str(SEARCH), Path(), {"search": _Section()})
    *_, line, last = capsys.readouterr().out.splitlines()
    assert line == "a line of a search"
    trials = len([path for path in SEARCH.iterdir() if (path / "outcome.json").exists()])
    assert last.endswith(f", {trials} begun and {trials} ended")


def test_a_suite_of_another_kind_is_shown_as_a_sweep(capsys: pytest.CaptureFixture[str]) -> None:
    show(str(SEARCH), Path(), {})
    assert "a line of" not in (output := capsys.readouterr().out)
    assert "unreplicated · study " in output
    show(f"{SEARCH.name}/1", SEARCH.parent, {})
    assert "measured (docs/measuring.md says what each means)" in capsys.readouterr().out


def test_earlier_attempts_are_listed_in_their_order_and_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = tmp_path / AGAIN.name
    shutil.copytree(AGAIN, suite)
    for number in ("2", "10"):
        shutil.copytree(suite / "001" / "attempts" / "1", suite / "001" / "attempts" / number)
    show(f"{suite}/1", Path(), {})
    *_, last = capsys.readouterr().out.splitlines()
    assert last == "earlier attempts: " + ", ".join(f"{suite}/001/attempts/{number}" for number in (1, 2, 10))
    show(f"{suite}/001/attempts/10", Path(), {})
    output = capsys.readouterr().out
    assert output.startswith(f"{suite}/001/attempts/10\nunreplicated · trial 001/attempts/10 (")
    assert " · jar: reference 0.1.0 " in output
    show(f"{suite}/001/", Path(), {})
    assert "unreplicated · trial 001 (" in capsys.readouterr().out
    show(f"{suite}/pilot/002", Path(), {})
    assert "unreplicated · trial 002 (" in capsys.readouterr().out


def test_what_is_neither_a_suite_nor_a_trial_is_refused_by_its_whole_name(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="/nothing is not a suite"):
        show(f"{tmp_path}/nothing", tmp_path, {})
    with pytest.raises(Refused, match="no such trial; its trials are 001 to 002"):
        show(f"{AGAIN}/7", tmp_path, {})
    with pytest.raises(FprayError, match=r"suite\.json is missing"):
        Suite(tmp_path)
