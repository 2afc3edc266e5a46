"""Stacks the tables of several suites: one column for the suite, and one type for each column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fpray_analysis.loaded import SUITE


def stacked(tables: Mapping[str, Any]) -> Any:
    """The tables, one below the other, with their names in the column `suite`; a single table as it is.

    A column that a table lacks is null in its rows. A column that is a number in one table and a text in another is a
    text: numbers of one kind of workload may be texts of another.
    """
    import pyarrow as pa

    if len(tables) == 1:
        return next(iter(tables.values()))
    with_names = [
        table.add_column(0, SUITE, pa.array([name], pa.string()).take(pa.nulls(table.num_rows, pa.int8()).fill_null(0)))
        for name, table in tables.items()
    ]
    kinds: dict[str, set[Any]] = {}
    for table in with_names:
        for field in table.schema:
            kinds.setdefault(field.name, set()).add(field.type)
    texts = {name for name, own in kinds.items() if pa.string() in own and len(own - {pa.null()}) > 1}
    uniform = [_with_texts(table, texts) for table in with_names]
    return pa.concat_tables(uniform, promote_options="permissive")


def _with_texts(table: Any, names: set[str]) -> Any:
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if field.name in names and field.type != pa.string():
            table = table.set_column(place, field.name, table[field.name].cast(pa.string()))
    return table
