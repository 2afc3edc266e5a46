"""The page of a flame graph: what it has, and that nothing of a recording is more than text in it."""

from __future__ import annotations

import json
import re

from fpray.profiles.flame_graph import flame_graph
from fpray.profiles.stacks import Stacks

ATTACKS = (
    "</script><script>window.attack=1</script>",
    "<img src=x onerror=alert(1)>",
    "a\u202eb\x1b[31m",
    "&lt;\u2028'",
)
STACKS: Stacks = {("main", "A.run", "B.call"): 3, ("main", "A.run"): 1, **{("main", attack): 1 for attack in ATTACKS}}


def data_of(page: str) -> tuple[list[str], list[list[int]]]:
    """The names of a page, and (depth, name, samples) of its nodes."""
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert match
    data = json.loads(match[1])
    flat = data["nodes"]
    return data["names"], [flat[at : at + 3] for at in range(0, len(flat), 3)]


def test_the_nodes_are_those_of_the_stacks() -> None:
    names, nodes = data_of(flame_graph("server", [], {"server": STACKS}))
    in_words = [(depth, names[name], total) for depth, name, total in nodes]
    assert in_words[:4] == [(0, "all", 8), (1, "main", 8), (2, "A.run", 4), (3, "B.call", 3)]
    assert len(nodes) == 8


def test_several_processes_are_the_first_row() -> None:
    names, nodes = data_of(flame_graph("leader", [], {"leader_0": STACKS, "leader_1": {("main", "A.run"): 2}}))
    assert [(names[name], total) for depth, name, total in nodes if depth == 1] == [("leader_0", 8), ("leader_1", 2)]


def test_text_of_a_recording_is_only_text() -> None:
    page = flame_graph(ATTACKS[0], [ATTACKS[1]], {"server": STACKS})
    assert page.count("<script") == 2
    assert "<img" not in page
    assert page.isprintable() or not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2028]", page)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert "default-src &#39;none&#39;" in policy[1]
    assert "unsafe" not in policy[1]


def test_the_functions_are_a_table_without_scripts() -> None:
    page = flame_graph("server", ["A remark."], {"server": {("main", "A.run", "B.call"): 3, ("main", "A.run"): 1}})
    rows = re.findall(r"<tr><td>(.*?)</td><td class=\"number\">(.*?)</td><td class=\"number\">(.*?)</td></tr>", page)
    assert rows == [("B.call", "75.0 %", "75.0 %"), ("A.run", "25.0 %", "100.0 %")]
    assert "<p>A remark.</p>" in page


def test_a_page_without_samples_says_so() -> None:
    page = flame_graph("server", [], {"server": {}})
    assert "There are no samples" in page
    assert 'id="graph"' not in page


def test_rare_stacks_of_a_huge_profile_are_one() -> None:
    stacks: Stacks = {("main", f"A.f{number}"): 1 + (number < 100) for number in range(30_000)}
    names, nodes = data_of(flame_graph("server", [], {"server": stacks}))
    assert len(nodes) < 20_010
    assert [total for depth, name, total in nodes if names[name] == "[rarer stacks]"] == [10_000]
    assert nodes[0][2] == 30_100
