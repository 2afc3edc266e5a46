"""Tables on standard output, with rich."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from fpray.files.printable import printable
from fpray.report.text import show_text

if TYPE_CHECKING:
    from rich.table import Table

_GAP = 2  # columns of space between two columns


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], left_columns: Iterable[str]) -> None:
    """Print a table; on a terminal as wide as that: headings break, then columns follow below the others.

    No cell is cut. The first column is repeated where the columns do not fit beside one another.

    left_columns: headings of the columns that are aligned on the left.
    """
    cells, width, left_columns = [list(map(printable, row)) for row in rows], terminal_width(), set(left_columns)
    widest = [max((len(row[i]) for row in cells), default=0) for i in range(len(headings))]
    needed_width = sum(max(len(heading), most) + _GAP for heading, most in zip(headings, widest, strict=True)) - _GAP
    titles = [
        _broken(heading, most) if needed_width > width else heading
        for heading, most in zip(headings, widest, strict=True)
    ]
    widths = [max(most, *map(len, heading.split("\n"))) for heading, most in zip(titles, widest, strict=True)]
    tallest = max(heading.count("\n") for heading in titles)
    titles = ["\n" * (tallest - heading.count("\n")) + heading for heading in titles]
    for columns in _blocks(widths, width):
        _print(
            [titles[i] for i in columns],
            [[row[i] for i in columns] for row in cells],
            [headings[i] in left_columns for i in columns],
        )


def terminal_width() -> float:
    """The columns of the terminal that standard output is; without end where it is none."""
    try:
        return shutil.get_terminal_size().columns if sys.stdout.isatty() else float("inf")
    except (AttributeError, ValueError, OSError):  # no output, or a closed one
        return float("inf")


def _broken(heading: str, width: int) -> str:
    """A heading in lines of about a width: broken after spaces, dots and underscores."""
    lines = [""]
    for piece in re.findall(r"[^ ._]*[ ._]?", heading):
        if lines[-1] and len((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)


def _blocks(widths: Sequence[int], width: float) -> Iterator[list[int]]:
    """The columns of each part of a table; the first is in every one."""
    block = [0]
    for i in range(1, len(widths)):
        if len(block) > 1 and sum(widths[c] + _GAP for c in [*block, i]) - _GAP > width:
            yield block
            block = [0]
        block.append(i)
    yield block


def _print(headings: Sequence[str], rows: Sequence[Sequence[str]], at_left_side: Sequence[bool]) -> None:
    from io import StringIO

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table: Table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0))
    for heading, at_left in zip(headings, at_left_side, strict=True):
        table.add_column(Text(heading), justify="left" if at_left else "right", no_wrap=True)
    for row in rows:
        table.add_row(*map(Text, row))
    whole = StringIO()
    Console(width=10_000, file=whole, highlight=False, soft_wrap=True).print(table)
    show_text("".join(f"{line.rstrip()}\n" for line in whole.getvalue().splitlines()))
