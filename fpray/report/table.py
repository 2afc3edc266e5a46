"""Tables on standard output, with rich."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], left: Iterable[str]) -> None:
    """Print a table as wide as it is: a terminal may wrap it, but no column is cut.

    left: headings of the columns that are aligned on the left.
    """
    from rich.console import Console
    from rich.measure import Measurement
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, justify="left" if heading in left else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    ample = Console(width=10_000)
    needed = Measurement.get(ample, ample.options, table).maximum
    Console(width=max(needed, 80), highlight=False, soft_wrap=True).print(table)
