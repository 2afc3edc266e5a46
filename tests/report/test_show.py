"""`fpray show` prints what a kind of suite brings, and knows no kind but the sweep's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from fpray.report.show import show
from fpray.store.suite import Suite

SUITES = Path(__file__).parents[1] / "recorded" / "suites"
(SEARCH,) = (path for path in (SUITES / "search").iterdir() if path.is_dir())


class _Section:
    def lines(self, suite: Suite) -> Iterable[str]:
        yield f"a line of a {suite.record.kind}"

    def to_go(self, suite: Suite, known: int, ended: int) -> str:
        return f", {known} begun and {ended} ended"


def test_a_kind_of_suite_brings_its_own_section(capsys: pytest.CaptureFixture[str]) -> None:
    show(str(SEARCH), Path(), {"search": _Section()})
    *_, line, last = capsys.readouterr().out.splitlines()
    assert line == "a line of a search"
    trials = len([path for path in SEARCH.iterdir() if (path / "outcome.json").exists()])
    assert last.endswith(f", {trials} begun and {trials} ended")


def test_a_suite_of_another_kind_is_shown_as_a_sweep(capsys: pytest.CaptureFixture[str]) -> None:
    show(str(SEARCH), Path(), {})
    assert "a line of" not in (shown := capsys.readouterr().out)
    assert "unreplicated · study " in shown
    show(f"{SEARCH.name}/1", SEARCH.parent, {})
    assert "measured (docs/measuring.md says what each means)" in capsys.readouterr().out
