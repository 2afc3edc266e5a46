"""A value from outside is what is expected, or everything that is wrong with it is said, each with its path."""

from __future__ import annotations

import enum
import math
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypedDict

import pytest

from fpray.files.rules import Cell, between
from fpray.files.shown import shown
from fpray.files.typed import Misfit, typed


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Inner:
    count: Annotated[int, between(0, 9)]
    share: float | None = None


class Note(TypedDict, total=False):
    text: str


@dataclass(frozen=True)
class Outer:
    name: str
    colour: Colour
    inner: Sequence[Inner] = ()
    by_name: Mapping[str, Inner | int] | None = None
    kind: Literal["a", "b"] = "a"
    note: Note | None = None
    rest: Any = None


def _faults(kind: Any, value: object) -> list[str]:
    with pytest.raises(Misfit) as misfit:
        typed(kind, value)
    return list(map(str, misfit.value.defects))


def test_a_fitting_value_is_read() -> None:
    value = {
        "name": "x", "colour": "blue", "inner": [{"count": 1, "share": 2}], "by_name": {"a": {"count": 3}, "b": 4},
        "note": {"text": "t", "newer": [1]}, "rest": {"any": [None]}, "unknown": 5,
    }  # fmt: skip
    outer = typed(Outer, value)
    assert outer.colour is Colour.BLUE
    assert outer.inner == [Inner(1, 2.0)]
    assert outer.by_name == {"a": Inner(3), "b": 4}
    assert outer.note == {"text": "t", "newer": [1]}
    assert outer.rest == {"any": [None]}


def test_every_problem_is_said_with_its_path() -> None:
    value = {
        "colour": "bleu", "inner": [{"count": 10}, 5, {"share": "1"}], "by_name": {"x": "y", "z": {"count": True}},
        "kind": 1, "note": {"text": 5},
    }  # fmt: skip
    assert _faults(Outer, value) == [
        "name is missing",
        "colour must be one of red, blue, not 'bleu'; did you mean blue?",
        "inner[0].count must be between 0 and 9, not 10",
        "inner[1] must be an object, not 5",
        "inner[2].count is missing",
        "inner[2].share must be a number or null, not '1'",
        "by_name.x must be an object or an integer, not 'y'",
        "by_name.z.count must be an integer, not True",
        "kind must be one of a, b, not 1",
        "note.text must be text, not 5",
    ]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (int, "5"), (int, True), (int, 5.0), (int, 2**63), (int, 10**5000), (float, "5"), (float, float("nan")),
        (float, True), (float, 10**400), (bool, 1), (bool, "true"), (str, 5), (str, b"5"), (str, None),
        (list[int], "12"), (list[int], {1: 2}), (dict[str, int], [1]), (dict[str, int], {1: 2}), (Colour, ["red"]),
        (Literal["a"], ["a"]), (Note, [1]), (Inner, "x"), (int | None, [1]),
    ],
    ids=lambda value: shown(value)[:20],  # pytest cannot write 5,000 digits
)  # fmt: skip
def test_nothing_is_converted(kind: Any, value: object) -> None:
    (fault,) = _faults(kind, value)
    assert len(fault) < 200


def test_a_long_value_is_cut_to_a_line() -> None:
    deep: Any = []
    for _ in range(10_000):
        deep = [deep]
    for value in ("x" * 100_000, ["x"] * 100_000, deep, 10**6000, "a\nb" * 1000, {"k" * 1000: "v" * 1000}):
        assert len(shown(value)) <= 120
        assert shown(value).isprintable()
    assert shown(10**6000) == "a number of about 6000 digits"


def test_a_value_that_cannot_be_shown_is_named_by_its_type() -> None:
    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError

    assert "Odd" in shown(Odd())


@dataclass(frozen=True)
class Rules:
    maybe: Annotated[int, between(0, 9)] | None = None
    counts: Sequence[Annotated[int, between(0, 9)]] = ()
    by_name: Mapping[str, Annotated[int, between(0, 9)]] | None = None


def test_rules_hold_inside_unions_lists_and_objects() -> None:
    assert _faults(Rules, {"maybe": 10, "counts": [1, 11], "by_name": {"a": 12}}) == [
        "maybe must be between 0 and 9, not 10",
        "counts[1] must be between 0 and 9, not 11",
        "by_name.a must be between 0 and 9, not 12",
    ]


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (Mapping[str, float], 0.5, [math.nan, math.inf, True, "0.5", None, 2**63]),
        (Mapping[str, Cell], "a", [2**63, [], {}]),
        (Mapping[str, str], "a", [1, None, b"a"]),
        (Sequence[str], "a", [1, None]),
        (tuple[bool, ...], True, [1, None, "true"]),
    ],
)
def test_one_wrong_value_among_many_plain_ones_is_found(kind: Any, right: Any, wrong: list[Any]) -> None:
    """Collections of plain values are looked at as a whole, and then one by one where that does not suffice."""
    values = [right] * 20

    def read(last: Any) -> Any:
        filled = [*values, last]
        as_object = typing.get_origin(kind) is Mapping
        return typed(kind, {f"key {i}": value for i, value in enumerate(filled)} if as_object else filled)

    assert len(read(right)) == 21
    for value in wrong:
        with pytest.raises(Misfit) as misfit:
            read(value)
        assert [defect.path for defect in misfit.value.defects] in (["key 20"], ["[20]"])


def test_a_key_that_is_no_text_is_wrong_also_among_plain_values() -> None:
    with pytest.raises(Misfit):
        typed(dict[str, str], {"a": "b", 1: "c"})
