"""Reads values from outside as typed values: all problems at once, each with its path; nothing is silently converted.

A dataclass or a TypedDict says what is expected. Its fields are int, float, bool, str, None, `Literal`, enums, lists,
tuples of one type, mappings with text as keys, unions, other dataclasses and TypedDicts, and `Any`. `Annotated` with a
`Rule` (fpray.files.rules) says more of a value.

A number is no text and a boolean is no number: "5" is not read as 5. Entries that are not known are left out of a
dataclass and stay in a TypedDict: a newer version of fpray may have written them.
"""

from __future__ import annotations

import enum
import functools
import math
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints, is_typeddict

from fpray.errors import nearest
from fpray.files.rules import Rule
from fpray.files.shown import shown

T = TypeVar("T")


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong in a value.

    Attributes:
        path: where, such as `points[3].base`; empty for the value itself.
        sentence: what is wrong there; it follows the path.
    """

    path: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.path} {self.sentence}".lstrip()


class Misfit(ValueError):
    """A value that is not what is expected; `defects` says everything that is wrong with it."""

    def __init__(self, *defects: Defect) -> None:
        self.defects = defects
        super().__init__("; ".join(map(str, defects)))


def typed(kind: type[T], value: object) -> T:
    """A value as a value of type `kind`.

    Raises:
        Misfit: it is something else, with everything that is wrong.
    """
    from cattrs import BaseValidationError

    try:
        fitting: T = _converter().structure(value, kind)
    except _Wrong as wrong:
        raise Misfit(Defect("", str(wrong))) from None
    except BaseValidationError as group:
        raise Misfit(*_defects(group, "")) from None
    except RecursionError:
        raise Misfit(Defect("", "is nested too deeply")) from None
    return fitting


class _Wrong(ValueError):
    """A value of another type; the text is a sentence about it."""


class _Broken(_Wrong):
    """A value of the right type that breaks a rule."""


class _Expected(_Wrong):
    """A value of another type. A union tries its types one after the other, so few of the sentences are ever read."""

    def __str__(self) -> str:
        words, value = self.args
        return f"must be {words}, not {shown(value)}"


def _expected(words: str, value: object) -> _Wrong:
    return _Expected(words, value)


def _integer(value: object, _: object) -> int:
    if type(value) is not int:
        raise _expected("an integer", value)
    if not -(2**63) <= value < 2**63:
        raise _Broken(f"must be an integer of 64 bits, not {shown(value)}")
    return value


def _number(value: object, _: object) -> float:
    if type(value) not in (int, float):
        raise _expected("a number", value)
    assert isinstance(value, int | float)
    if isinstance(value, int):
        return float(_integer(value, None))
    if not math.isfinite(value):
        raise _expected("a finite number", value)
    return value


def _flag(value: object, _: object) -> bool:
    if type(value) is not bool:
        raise _expected("true or false", value)
    return value


def _word(value: object, _: object) -> str:
    if type(value) is not str:
        raise _expected("text", value)
    return value


def _nothing(value: object, _: object) -> None:
    if value is not None:
        raise _expected("null", value)


@functools.cache
def _choices(kind: Any) -> dict[Any, Any]:
    members: Any = kind if isinstance(kind, type) else get_args(kind)
    return {m.value if isinstance(m, enum.Enum) else m: m for m in members}


def _choice(value: object, kind: Any) -> Any:
    """One of a `Literal`, or a member of an enum by its value."""
    choices = _choices(kind)
    if isinstance(value, str | int) and value in choices and type(value) is not bool:
        return choices[value]
    words = ", ".join(map(str, choices))
    raise _Wrong(f"must be one of {words}, not {shown(value)}{nearest(value, choices) if type(value) is str else ''}")


def _origin(kind: Any) -> Any:
    return get_origin(kind)


@functools.cache
def _converter() -> Any:
    """The converter of cattrs, in which types are strict."""
    from cattrs import Converter
    from cattrs.cols import homogenous_tuple_structure_factory, list_structure_factory, mapping_structure_factory
    from cattrs.gen.typeddicts import make_dict_structure_fn as make_typeddict_structure_fn

    converter = Converter(detailed_validation=True)
    for kind, hook in ((int, _integer), (float, _number), (bool, _flag), (str, _word), (type(None), _nothing)):
        converter.register_structure_hook(kind, hook)
    converter.register_structure_hook_func(lambda kind: _origin(kind) is Literal, _choice)
    converter.register_structure_hook_func(lambda kind: isinstance(kind, type) and issubclass(kind, enum.Enum), _choice)
    register = converter.register_structure_hook_factory
    register(is_dataclass)(_only("an object", Mapping, _of_dataclass))
    register(is_typeddict)(_only("an object", dict, make_typeddict_structure_fn))
    register(lambda kind: _origin(kind) is tuple)(_only("a list", list, homogenous_tuple_structure_factory, tuple))
    register(lambda kind: _origin(kind) in (list, Sequence))(_only("a list", list, list_structure_factory, list))
    register(lambda kind: _origin(kind) in (dict, Mapping))(
        _only("an object", Mapping, mapping_structure_factory, dict)
    )
    register(lambda kind: _origin(kind) in (Union, types.UnionType))(_union)
    register(lambda kind: _origin(kind) is Annotated)(_ruled)
    return converter


def _of_dataclass(kind: Any, converter: Any) -> Any:
    """The hook of cattrs for a dataclass, which itself takes no notice of `Annotated`."""
    from cattrs.gen import make_dict_structure_fn, override

    hints, plain = get_type_hints(kind, include_extras=True), get_type_hints(kind)
    ruled: dict[str, Any] = {
        name: override(struct_hook=_bound(converter.get_structure_hook(hint), hint))
        for name, hint in hints.items()
        if hint != plain[name]
    }
    return make_dict_structure_fn(kind, converter, **ruled)


def _bound(hook: Any, hint: Any) -> Any:
    return lambda value, _: hook(value, hint)


def _only(
    words: str, outer: type, factory: Callable[[Any, Any], Any], copy: Callable[[Any], Any] | None = None
) -> Callable[[Any, Any], Any]:
    """The factory of cattrs, which is asked only with values of the right outer type.

    copy: of a collection of plain values, for which cattrs need not look at each.
    """
    from fpray.files.plain_values import plain_test

    def checked_factory(kind: Any, converter: Any) -> Any:
        inner = factory(kind, converter)
        is_plain = plain_test(kind) if copy else None

        def structure(value: object, _: object) -> Any:
            if not isinstance(value, outer):
                raise _expected(words, value)
            return copy(value) if copy and is_plain and is_plain(value) else inner(value, kind)

        return structure

    return checked_factory


def _union(kind: Any, converter: Any) -> Any:
    """The first type of a union that a value fits; an integer is tried before a number."""
    from cattrs import BaseValidationError

    kinds = sorted(get_args(kind), key=lambda member: member is float)
    hooks = [(member, converter.get_structure_hook(member)) for member in kinds]
    words = " or ".join(dict.fromkeys(map(_in_words, get_args(kind))))

    def structure(value: object, _: object) -> Any:
        inner: Exception | None = None
        for member, hook in hooks:
            try:
                return hook(value, member)
            except (BaseValidationError, _Broken) as error:  # of this type, and something in it is wrong
                inner = inner or error
            except _Wrong:
                pass
        raise inner or _expected(words, value)

    return structure


_WORDS = {int: "an integer", float: "a number", bool: "true or false", str: "text", type(None): "null"}


def _in_words(kind: Any) -> str:
    origin = _origin(kind) or kind
    if origin is Annotated:
        return _in_words(get_args(kind)[0])
    if origin is Literal:
        return " or ".join(map(repr, get_args(kind)))
    return _WORDS.get(origin) or ("a list" if origin in (list, tuple, Sequence) else "an object")


def _ruled(kind: Any, converter: Any) -> Any:
    """A type with rules, which are asked when the type fits."""
    plain, *notes = get_args(kind)
    hook = converter.get_structure_hook(plain)
    checks = [note.check for note in notes if isinstance(note, Rule)]

    def structure(value: object, _: object) -> Any:
        fitting = value if plain is Any else hook(value, plain)
        for check in checks:
            if sentence := check(fitting):
                raise _Broken(sentence)
        return fitting

    return structure


def _defects(group: Any, path: str) -> Iterator[Defect]:
    """Everything that is wrong, from the groups of exceptions that cattrs raises."""
    from cattrs import AttributeValidationNote, BaseValidationError, IterableValidationNote

    for error in group.exceptions:
        where = path
        for note in getattr(error, "__notes__", ()):
            if isinstance(note, AttributeValidationNote):
                where = f"{path}.{note.name}" if path else note.name
            elif isinstance(note, IterableValidationNote):
                where = f"{path}{_step(note.index, path)}"
        if isinstance(error, BaseValidationError):
            yield from _defects(error, where)
        elif isinstance(error, KeyError):
            yield Defect(where, "is missing")
        else:
            yield Defect(where, str(error) or type(error).__name__)


def _step(index: Any, path: str) -> str:
    """The index of a list, or the key of an object."""
    if isinstance(index, int):
        return f"[{index}]"
    key = str(index) if str(index).isprintable() else repr(index)
    return f".{key[:60]}" if path else key[:60]
