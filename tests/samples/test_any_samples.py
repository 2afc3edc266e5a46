"""Whatever samples there are, the verdict is a value in its bounds: nothing is raised, and nothing is no number."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fpray.samples.limits import bottleneck
from fpray.samples.schema import SCHEMA
from fpray.store.bottleneck import COLUMNS, Bottleneck, bottleneck_of
from tests.samples.made import BEGIN, WINDOW, table

_SHARES = st.one_of(st.none(), st.floats(0, 1.0625, width=32), st.sampled_from([0.0, 1.0]))
_ODD = st.one_of(_SHARES, st.floats(width=32))
_NAMES = st.one_of(st.none(), st.sampled_from(["a", "b", "client_0", "\x1b[31m", ""]))
_COUNTS = st.one_of(st.none(), st.integers(-1, 128))


def _rows(numbers: st.SearchStrategy[float | None]) -> st.SearchStrategy[list[dict[str, Any]]]:
    columns: dict[str, st.SearchStrategy[Any]] = {
        "time": st.integers(BEGIN - 2_000_000_000, BEGIN + 12_000_000_000),
        "seconds": st.floats(0, 3, width=32),
        "host": st.sampled_from(["a", "b"]),
        **dict.fromkeys(("role", "label"), _NAMES),
        **dict.fromkeys(("cores", "threads", "runnable"), _COUNTS),
    }
    columns |= {field.name: numbers for field in SCHEMA if field.name not in columns and str(field.type) == "float"}
    return st.lists(st.fixed_dictionaries(columns), max_size=12)


@settings(max_examples=60, deadline=None)
@given(_rows(_SHARES) | _rows(_ODD), st.sets(_NAMES.filter(bool)))
def test_any_samples_have_a_verdict_in_its_bounds(rows: list[dict[str, Any]], clients: set[str]) -> None:
    limit = bottleneck(table(rows), WINDOW, clients)
    for share in (limit.share, limit.confidence):
        assert share is None or 0 <= share <= 1
    assert [*limit.columns()] == [*COLUMNS]
    assert (limit.kind is None) == (limit == Bottleneck())
    read = bottleneck_of(limit.columns())
    assert read is None if limit.kind is None else read is not None and read.kind is limit.kind
