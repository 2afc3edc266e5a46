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
    common = {name: _common(own - {pa.null()}) for name, own in kinds.items() if len(own - {pa.null()}) > 1}
    uniform = [_cast(table, common) for table in with_names]
    return pa.concat_tables(uniform, promote_options="permissive")


def _common(kinds: set[Any]) -> Any:
    """The type that holds the values of all types: a number for numbers, else a text."""
    import pyarrow as pa

    return pa.float64() if kinds <= {pa.int64(), pa.float64()} else pa.string()


def _cast(table: Any, kinds: Mapping[str, Any]) -> Any:
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        kind = kinds.get(field.name, field.type)
        if field.type not in (kind, pa.null()):
            # Texts as Python writes them, which is how FrankenPaxos does: True, and not true.
            texts = [None if value is None else str(value) for value in table[field.name].to_pylist()]
            column = pa.array(texts, kind) if kind == pa.string() else table[field.name].cast(kind, safe=False)
            table = table.set_column(place, field.name, column)
    return table
