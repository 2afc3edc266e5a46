"""The picture of the rooms, docs/rooms.svg, drawn from the imports: `make docs` writes it.

A room stands above the rooms that it imports. An arrow that follows from other arrows is left out.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise, product

BOX_WIDTH, BOX_HEIGHT, LANE, GAP, BETWEEN, MARGIN = 258, 68, 16, 26, 32, 12
MOST_SWEEPS, CHARACTERS, LINE = 24, 40, 14
Edge = tuple[str, str]
Row = tuple[str, ...]


def reduced(edges: set[Edge]) -> set[Edge]:
    """The edges that do not follow from others: importing through another room is not drawn. No circles."""
    return {(a, b) for a, b in edges if not any((a, c) in edges and _reaches(edges, c, b) for c in _ends(edges) - {b})}


def _ends(edges: set[Edge]) -> set[str]:
    return {target for _, target in edges}


def _reaches(edges: set[Edge], start: str, end: str) -> bool:
    return any(target == end or _reaches(edges, target, end) for source, target in edges if source == start)


def levels(rooms: Sequence[str], edges: set[Edge]) -> dict[str, int]:
    """Room -> its row from below: above all that it imports, and as near to the rooms that import it as it can be."""
    ahead = {room: [b for a, b in edges if a == room] for room in rooms}
    behind = {room: [a for a, b in edges if b == room] for room in rooms}
    lowest: dict[str, int] = {}
    for _ in rooms:
        lowest = {room: max((lowest.get(b, 0) + 1 for b in ahead[room]), default=0) for room in rooms}
    level = dict(lowest)
    for _ in rooms:
        level = {room: min((level[a] - 1 for a in behind[room]), default=lowest[room]) for room in rooms}
    return level


@dataclass(frozen=True)
class Drawing:
    """Rows of rooms and of lanes, through which arrows pass a row; and the steps of the arrows from row to row."""

    rows: tuple[Row, ...]
    steps: frozenset[Edge]
    paths: tuple[Row, ...]


def drawing(rooms: Sequence[str], edges: set[Edge]) -> Drawing:
    """The rooms in rows with few crossings of arrows."""
    level = levels(rooms, edges)
    rows: list[list[str]] = [[] for _ in range(max(level.values()) + 1)]
    for room in rooms:
        rows[level[room]].append(room)
    paths = []
    for source, target in sorted(edges):
        lanes = [f"{source}>{target}:{k}" for k in range(level[source] - 1, level[target], -1)]
        for lane, row in zip(lanes, range(level[source] - 1, level[target], -1), strict=True):
            rows[row].append(lane)
        paths.append((source, *lanes, target))
    steps = frozenset(step for path in paths for step in pairwise(path))
    return Drawing(_ordered([tuple(row) for row in rows], steps), steps, tuple(paths))


def _ordered(rows: list[Row], steps: frozenset[Edge]) -> tuple[Row, ...]:
    """The rows, each sorted by where its neighbours are; of several sweeps up and down, the one that crosses least."""
    best = tuple(rows)
    for sweep in range(MOST_SWEEPS):
        upward = sweep % 2 == 0
        for k in range(1, len(rows)) if upward else range(len(rows) - 2, -1, -1):
            rows[k] = _sorted(rows[k], _centres(rows[k - 1 if upward else k + 1]), steps)
        if _crossings(rows, steps) < _crossings(best, steps):
            best = tuple(rows)
    return best


def _sorted(row: Row, fixed: Mapping[str, float], steps: frozenset[Edge]) -> Row:
    """A row, sorted by the mean place of what each of it is connected with in a neighbouring row."""

    def mean(name: str) -> float:
        near = sorted(fixed[other] for step in steps if name in step for other in step if other in fixed)
        return sum(near) / len(near) if near else _centres(row)[name]

    return tuple(sorted(row, key=mean))


def _crossings(rows: Sequence[Row], steps: frozenset[Edge]) -> int:
    count = 0
    for below, above in pairwise(rows):
        ends = [(above.index(a), below.index(b)) for a, b in steps if a in above and b in below]
        count += sum(a < c and b > d for (a, b), (c, d) in product(ends, ends))
    return count


def _width(name: str) -> int:
    return LANE if ">" in name else BOX_WIDTH


def _centres(row: Row) -> dict[str, float]:
    """Where the middle of each of a row is, if the middle of the row is 0."""
    x = -(sum(map(_width, row)) + GAP * (len(row) - 1)) / 2
    centres = {}
    for name in row:
        centres[name] = x + _width(name) / 2
        x += _width(name) + GAP
    return centres


def svg(rooms: Mapping[str, str], edges: set[Edge]) -> str:
    """The picture: rooms (name -> what it is, in their one order) as boxes, and what each imports as arrows."""
    picture = drawing(list(rooms), reduced(edges))
    width = 2 * max(x + _width(name) / 2 for row in picture.rows for name, x in _centres(row).items()) + 2 * MARGIN
    height = len(picture.rows) * (BOX_HEIGHT + BETWEEN) - BETWEEN + 2 * MARGIN
    place: dict[str, tuple[float, float]] = {}
    for k, row in enumerate(reversed(picture.rows)):
        for name, x in _centres(row).items():
            place[name] = (x + width / 2, MARGIN + k * (BOX_HEIGHT + BETWEEN))
    parts = [f'<path d="{_curve(path, place)}" marker-end="url(#tip)"/>' for path in picture.paths]
    for number, (room, text) in enumerate(rooms.items(), 1):
        parts += _box(number, room, text, place[room])
    return "\n".join((_HEAD.format(width=f"{width:.0f}", height=f"{height:.0f}"), *parts, "</g></svg>", ""))


_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="Helvetica, Arial, sans-serif">
<title>The rooms of fpray/: each imports only what is below it</title>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">
<path d="M0,0 L8,4 L0,8 z" fill="#53657a" stroke="none"/></marker></defs>
<rect width="100%" height="100%" fill="white"/>
<g fill="none" stroke="#53657a" stroke-width="1.4">"""


def _curve(path: Row, place: Mapping[str, tuple[float, float]]) -> str:
    """From the bottom of a box through lanes to the top of another one."""
    start, end = place[path[0]], place[path[-1]]
    points = [(start[0], start[1] + BOX_HEIGHT)]
    for lane in path[1:-1]:
        x, y = place[lane]
        points += [(x, y), (x, y + BOX_HEIGHT)]
    points.append((end[0] + _aside(start[0] - end[0]), end[1] - 1))
    text = f"M{points[0][0]:.0f},{points[0][1]:.0f}"
    for (x, y), (u, v) in pairwise(points):
        text += (
            f" L{u:.0f},{v:.0f}" if x == u else f" C{x:.0f},{(y + v) / 2:.0f} {u:.0f},{(y + v) / 2:.0f} {u:.0f},{v:.0f}"
        )
    return text


def _aside(distance: float) -> float:
    """Arrows from the left end left of the middle of a box, and those from the right end right of it."""
    return max(-BOX_WIDTH / 4, min(BOX_WIDTH / 4, distance / 4))


def _box(number: int, room: str, text: str, at: tuple[float, float]) -> Iterator[str]:
    x, top = at[0] - BOX_WIDTH / 2, at[1]
    yield f'<rect x="{x:.0f}" y="{top:.0f}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6" fill="#eef3f8"/>'
    yield f'<g fill="#14202b" stroke="none"><text x="{x + 8:.0f}" y="{top + 17:.0f}" font-size="14"'
    yield f' font-weight="bold">{number} {escape(room)}</text>'
    for k, line in enumerate(textwrap.wrap(text, CHARACTERS)):
        y = top + 32 + k * LINE
        yield f'<text x="{x + 8:.0f}" y="{y:.0f}" font-size="12">{escape(line)}</text>'
    yield "</g>"
