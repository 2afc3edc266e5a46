"""What a search adds to `suite.json`: of suites of earlier versions, typed, and written back as it was."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from fpray.cli.kinds import SECTIONS
from fpray.errors import FprayError, Refused
from fpray.report.status import SuiteState, suite_states
from fpray.searching.suite_entries import SearchEntries, note_end, search_entries
from fpray.store.suite import Suite
from tests.searching.simulation import search_request, search_suite

SUITES = Path(__file__).parents[1] / "recorded" / "suites"


def _copy(name: str, tmp_path: Path) -> Path:
    (suite,) = (path for path in (SUITES / name).iterdir() if path.is_dir())
    return Path(shutil.copytree(suite, tmp_path / suite.name))


def _content(suite: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((suite / "suite.json").read_text())
    return content


@pytest.mark.parametrize("name", ["search", "search_half_done"])
def test_an_earlier_search_is_read_and_only_its_end_changes(name: str, tmp_path: Path) -> None:
    path = _copy(name, tmp_path)
    before = _content(path)
    suite = Suite(path)
    entries = search_entries(suite)
    assert (dict(entries.search), entries.ended) == (before["search"], before["ended"])
    note_end(suite, "because")
    suite.save()
    assert list(_content(path).items()) == list({**before, "ended": "because"}.items())


def test_a_new_suite_has_the_keys_that_it_always_had(tmp_path: Path) -> None:
    suite = search_suite(tmp_path, search_request())
    assert list(_content(suite.path))[-4:] == ["kind", "search", "ended", "planned"]
    assert search_entries(suite).search["space"] == {"num_clients_per_proc": "1..200:log"}


def test_a_sweep_has_none(tmp_path: Path) -> None:
    suite = Suite(_copy("sweep_half_done", tmp_path))
    assert SearchEntries.of(suite) is None
    with pytest.raises(Refused, match="use fpray sweep"):
        search_entries(suite)


@pytest.mark.parametrize("damage", [{"search": 1}, {"search": {"goals": []}}, {"ended": 5}])
def test_a_damaged_one_is_named_and_hides_no_other(damage: dict[str, Any], tmp_path: Path) -> None:
    path, other = _copy("search", tmp_path), _copy("search_half_done", tmp_path)
    (path / "suite.json").write_text(json.dumps(_content(path) | damage))
    with pytest.raises(FprayError, match=r"suite\.json +is damaged"):
        search_entries(Suite(path))
    problems: list[FprayError] = []
    assert [state.suite.path for state in suite_states(tmp_path, SECTIONS, problems.append)] == [other]
    assert "is damaged" in str(problems[0])


def test_what_it_may_choose_is_varied(tmp_path: Path) -> None:
    state = SuiteState.of(Suite(_copy("search", tmp_path)), SECTIONS)
    assert state.to_json()["varied"] == ["num_clients_per_proc"]
    assert state.words().endswith(" · varies num_clients_per_proc")
