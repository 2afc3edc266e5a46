"""What `suite.json` keeps of a command's selection: the same for the same trials, whatever options are added later."""

from __future__ import annotations

import json
from dataclasses import dataclass

from fpray.driver.means import check_sweep
from fpray.driver.options import SweepOptions
from fpray.driver.read_options import defaults
from fpray.driver.selection import TrialSelection
from tests.test_old_suites import RECORDED

FIRST = {"protocol", "study", "vary", "set", "repeat", "log_level"}


@dataclass(frozen=True)
class LaterSelection(TrialSelection):
    """That of a later version, with one more field."""

    luck: int = 5


def test_a_command_of_today_has_the_entry_of_the_first_suites() -> None:
    for file in RECORDED.glob("*/*/suite.json"):
        (entry,) = json.loads(file.read_text())["points"]
        assert entry.keys() == FIRST
        assert TrialSelection.from_json(entry, file).to_json() == entry
    assert check_sweep("unreplicated", {}).recorded_selection.keys() == FIRST


def test_a_new_field_changes_no_entry_while_it_has_its_default() -> None:
    assert LaterSelection("unreplicated").to_json() == TrialSelection("unreplicated").to_json()
    assert LaterSelection("unreplicated", luck=0).to_json()["luck"] == 0


def test_what_is_not_the_default_is_an_entry() -> None:
    more = {"only": ["1"], "where": {"num_clients_per_proc": [1]}, "laptop": True}
    entry = check_sweep("unreplicated", more).recorded_selection
    assert entry == {**check_sweep("unreplicated", {}).recorded_selection, **more}


def test_a_field_and_its_option_have_one_default() -> None:
    usual, values = TrialSelection("unreplicated"), defaults(SweepOptions)
    names = TrialSelection.__dataclass_fields__.keys() - {"protocol", "until"}  # which --repeat gives
    assert {name: getattr(usual, name) for name in names} == {name: values[name] for name in names}
