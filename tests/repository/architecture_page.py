"""The generated parts of docs/architecture.md: the rooms, their picture, and the spine with its line counts.

`python -m tests.repository.architecture_page`, part of `make docs`, writes them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.repository.house import FOLDERS, ROOT, SPINE, edges, rooms, sources
from tests.repository.picture import svg

PAGE, PICTURE = ROOT / "docs" / "architecture.md", ROOT / "docs" / "rooms.svg"


def first_sentence(path: str) -> str:
    """The first sentence of a file's docstring, without its full stop; path: below fpray/."""
    doc = ast.get_docstring(ast.parse((ROOT / "fpray" / path).read_text())) or ""
    return re.split(r"\.(?:\s|$)", doc.splitlines()[0])[0]


def spine_lines() -> dict[str, int]:
    """The files of the spine, in reading order, and how many lines each has."""
    return {path: len((ROOT / "fpray" / f"{path}.py").read_text().splitlines()) for path in SPINE}


def picture() -> str:
    """The picture of the rooms as SVG; the same imports always give the same text."""
    pairs = {(a.removeprefix("fpray."), b.removeprefix("fpray.")) for a, b in rooms(edges(sources(ROOT, "fpray")))}
    between = {(a, b) for a, b in pairs if a in FOLDERS and b in FOLDERS}
    return svg({room: first_sentence(f"{room}/__init__.py") for room in FOLDERS}, between)


def rooms_table() -> Iterator[str]:
    """The rooms in their one order."""
    yield "| | room | what is in it |"
    yield "|---|---|---|"
    for number, room in enumerate(FOLDERS, 1):
        yield f"| {number} | `fpray/{room}/` | {first_sentence(f'{room}/__init__.py')} |"


def spine_table() -> Iterator[str]:
    """The spine in reading order, with its sum."""
    yield "| | file | lines | what it is |"
    yield "|---|---|---|---|"
    for number, (path, lines) in enumerate(spine_lines().items(), 1):
        yield f"| {number} | `fpray/{path}.py` | {lines} | {first_sentence(f'{path}.py')} |"
    yield f"| | in all | {sum(spine_lines().values())} | |"


def page(text: str) -> str:
    """The page with its generated parts as they are now; the rest of it stays."""
    for name, table in (("rooms", rooms_table()), ("spine", spine_table())):
        part = f"<!-- {name}: written by make docs -->\n" + "\n".join(table) + f"\n<!-- end of {name} -->"
        text, count = re.subn(rf"<!-- {name}: .*?<!-- end of {name} -->", lambda _: part, text, flags=re.DOTALL)  # noqa: B023
        if count != 1:
            raise ValueError(f"{PAGE} has {count} parts named {name}, and needs one")
    return text


def main() -> None:
    """Write the picture, and the generated parts of the page."""
    PICTURE.write_text(picture())
    PAGE.write_text(page(PAGE.read_text()))


if __name__ == "__main__":
    main()
