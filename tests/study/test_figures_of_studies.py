"""The studies of the papers bring their figures: of a kind that is there, with columns that their trials have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fpray.protocol.params import flatten
from fpray.study.registry import find_protocol, studies
from fpray.study.study import Study
from tests.conftest import cli

# No figure: checks, searches (which draw themselves), and a test of the paper's authors.
WITHOUT = {"smoke", "knee", "peak", "evelyn_tests"}
EVERY = [study for by_name in studies().values() for study in by_name.values()]


@pytest.mark.parametrize("study", EVERY, ids=lambda study: f"{study.protocol}-{study.name}")
def test_a_figure_fits_its_study(study: Study) -> None:
    if study.name in WITHOUT:
        assert study.figure == {}
        return
    figure = study.figure
    varied = {name for point in study.points for name in point}
    columns = {*flatten(find_protocol(study.protocol).params()), *varied}
    assert {figure.get("x", ""), *figure.get("by", [])} - {""} <= columns
    if figure["kind"] not in ("time", "ecdf"):
        assert {*figure["by"]} <= varied
        assert figure.get("x", "num_clients_per_proc") in {*varied, "num_clients_per_proc"}
        assert figure["kind"] in ("lt", "scale", "bars")


def test_a_grid_in_place_of_the_points_has_no_figure_of_theirs() -> None:
    study = Study("s", "unreplicated", points=[{"duration": "1s"}], figure={"kind": "lt", "by": []})
    assert study.with_grid({"duration": ["1s"]}).figure == {}
    assert study.with_grid({"num_client_procs": [1, 2]}, cross=True).figure == {}


def test_the_page_of_the_papers_is_about_all_of_them() -> None:
    page = (Path(__file__).parents[2] / "docs" / "papers.md").read_text()
    rows = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("|")]
    by_name = {(row[1], row[2]): row[3:] for row in rows if row[3].isdigit()}
    facts = {(one["protocol"], one["study"]): one for one in json.loads(cli("studies", "--json").stdout)}
    assert by_name.keys() == {name for name in facts if name[1] not in WITHOUT}
    for (protocol, study), (trials, machines, _, options) in by_name.items():
        fact = facts[protocol, study]
        assert (int(trials), int(machines)) == (fact["trials"], fact["machines"])
        figure = studies()[protocol][study].figure
        words = [f"--kind {figure['kind']}", *([f"--x {figure['x']}"] if "x" in figure else [])]
        assert options == " ".join([*words, *(f"--by {name}" for name in figure.get("by", []))])
