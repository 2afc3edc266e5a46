"""The flame graph of a role: a page that needs no network, with bars to zoom into and a field to find names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from markupsafe import Markup

from fpray.profiles.stacks import REST, Stacks, shares, top
from fpray.report.own_page import all_printable, json_text, page_from, policy

_TEMPLATES: Final = Path(__file__).parent / "templates"
_PAGE, _STYLE, _SCRIPT = "flame_graph.html", "flame_graph.css", "flame_graph.js"
_MOST_STACKS: Final = 20_000  # of a page
_TOP: Final = 25  # functions of the table


@dataclass
class _Node:
    total: int = 0
    children: dict[str, _Node] = field(default_factory=dict)


def flame_graph(title: str, remarks: Sequence[str], stacks: Mapping[str, Stacks]) -> str:
    """The page of a role, as HTML.

    remarks: what there is to say of it, in sentences. stacks: label -> the stacks of a process; with several of them,
    the labels are the first row.
    """
    root = _Node()
    for names, count in _largest(stacks):
        node = root
        node.total += count
        for name in names:
            node = node.children.setdefault(name, _Node())
            node.total += count
    numbers: dict[str, int] = {}  # of names
    nodes = [part for row in _rows(root, "all", numbers) for part in row]
    style, script = ((_TEMPLATES / name).read_text(encoding="utf-8") for name in (_STYLE, _SCRIPT))
    all_samples = max(1, root.total)
    functions = [
        (name, _percent(share.self_samples, all_samples), _percent(share.total_samples, all_samples))
        for name, share in top(shares(stacks.values()), _TOP)
    ]
    return page_from(
        _TEMPLATES / _PAGE,
        {
            "generator": "fpray profile",
            "title": title,
            "remarks": remarks,
            "samples": root.total,
            "functions": functions,
            "policy": policy([script], [style]),
            "style": Markup(style),
            "script": Markup(script),
            "data": Markup(json_text({"names": all_printable(list(numbers)), "nodes": nodes})),
        },
    )


def _largest(stacks: Mapping[str, Stacks]) -> Iterator[tuple[tuple[str, ...], int]]:
    """The stacks with the most samples, those of several processes below their labels; the others as one."""
    whole: Counter[tuple[str, ...]] = Counter()
    for label, own in stacks.items():
        for stack, count in own.items():
            whole[(label, *stack) if len(stacks) > 1 else stack] += count
    yield from whole.most_common(_MOST_STACKS)
    if rest := sum(count for _, count in whole.most_common()[_MOST_STACKS:]):
        yield (REST,), rest


def _rows(root: _Node, first: str, numbers: dict[str, int]) -> Iterator[tuple[int, int, int]]:
    """(depth, number of its name, samples) of each node, a node before what is below it, the largest child first."""
    rest = [(0, first, root)]
    while rest:
        depth, name, node = rest.pop()
        yield depth, numbers.setdefault(name, len(numbers)), node.total
        children = sorted(node.children.items(), key=lambda child: child[1].total)
        rest += [(depth + 1, child_name, child) for child_name, child in children]


def _percent(count: int, of: int) -> str:
    return f"{100 * count / of:.1f} %"
