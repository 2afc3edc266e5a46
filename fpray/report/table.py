"""Tables on standard output, with rich."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fpray.files.printable import printable
from fpray.report.text import show_text


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], left: Iterable[str]) -> None:
    """Print a table as wide as it is: a terminal may wrap it, but no column is cut.

    left: headings of the columns that are aligned on the left.
    """
    from io import StringIO

    from rich.console import Console
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, justify="left" if heading in left else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    ample = Console(width=10_000)
    needed = Measurement.get(ample, ample.options, table).maximum
    whole = StringIO()
    Console(width=max(needed, 80), file=whole, highlight=False, soft_wrap=True).print(table)
    show_text(whole.getvalue())
