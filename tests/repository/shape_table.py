"""The table in docs/decisions/rooms.md: the shape of the house before it had rooms, and now.

`python -m tests.repository.shape_table`, part of `make docs`, writes it.
"""

from __future__ import annotations

import functools
import itertools
import re

from tests.repository.house import ROOT, rows

PAGE = ROOT / "docs" / "decisions" / "rooms.md"
_BEGIN, _END = "<!-- shape: written by make docs -->", "<!-- end of shape -->"
# Measured by house.py in a checkout of the commit. Its spine was in files that house.py does not know; its walk was
# measured by walk.py, after the names of that commit were put into it.
BEFORE_COMMIT = "0b532e4"
BEFORE = {
    "modules flat in fpray/": "62",
    "folders in fpray/": "2",
    "arrows between rooms": "282",
    "import circles": "1",
    "files in fpray/; median; largest": "99; 137; 694",
    "lines in fpray/": "17,383",
    "files in all; median; over 300": "267; 92; 31",
    "longest function body; most parameters": "52; 35",
    "largest class (methods)": "42",
    "deferred imports": "125",
    "places that name retries; share_machines; accept_change": "19; 9; 8",
    "spine: files; lines": "11; 3,700",
    "beyond a budget, in all": "58",
    "walk of a request: stays; modules; returns": "25; 5; 20",
}


@functools.cache
def table() -> tuple[str, ...]:
    """The lines of the table, with the shape of this checkout in its last column."""
    shape = (f"| {name} | {BEFORE[name]} | {value} |" for name, value in rows(ROOT))
    return (f"| | before ({BEFORE_COMMIT}) | now |", "|---|---|---|", *shape)


def with_table(text: str) -> str:
    """The page with the table as it is now."""
    part = "\n".join([_BEGIN, *table(), _END])
    text, count = re.subn(f"{_BEGIN}.*?{_END}", lambda _: part, text, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"{PAGE} has {count} parts named shape, and needs one")
    return text


def stale(text: str) -> list[str]:
    """The lines of a page that are no longer true.

    A number may differ by a tenth, since sizes change with each commit: one below ten is exact, such as the circles,
    the modules that lie flat, and the returns.
    """
    lines = text.partition(_BEGIN)[2].partition(_END)[0].strip().splitlines()
    return [before for before, new in itertools.zip_longest(lines, table(), fillvalue="") if not _alike(before, new)]


def _alike(before: str, new: str) -> bool:
    numbers = [[int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*", line)] for line in (before, new)]
    words = [re.sub(r"\d[\d,]*", "", line) for line in (before, new)]
    return words[0] == words[1] and all(abs(a - b) * 10 <= max(a, b) for a, b in zip(*numbers, strict=True))


def main() -> None:
    """Write the table."""
    PAGE.write_text(with_table(PAGE.read_text()))


if __name__ == "__main__":
    main()
