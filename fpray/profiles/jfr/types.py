"""The types of a chunk's values: each recording describes its own, in its metadata event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fpray.profiles.jfr.cursor import BadRecording, Cursor

Reader = Callable[[Cursor], Any]
_DEEPEST: Final = 12  # types within types, and elements within elements of the metadata
_MOST: Final = 100_000  # elements of the metadata, and texts
_SIMPLE: Final[Mapping[str, Reader]] = {
    "boolean": Cursor.byte,
    "byte": Cursor.byte,
    "char": Cursor.number,
    "short": Cursor.number,
    "int": Cursor.number,
    "long": Cursor.number,
    "float": Cursor.single,
    "double": Cursor.double,
    "java.lang.String": Cursor.text,
}


@dataclass(frozen=True)
class Field:
    """A part of a value: its name and type, whether it is only a number in the pool of that type, or an array."""

    name: str
    type_id: int
    in_pool: bool
    is_array: bool


@dataclass(frozen=True)
class Type:
    """A type: of events, of values in pools, or of what these consist of."""

    name: str
    fields: tuple[Field, ...]

    def place(self, name: str) -> int | None:
        """The place of a field in a value of this type; None where there is no such field."""
        return next((place for place, field in enumerate(self.fields) if field.name == name), None)


@dataclass(frozen=True)
class _Element:
    name: str
    attributes: Mapping[str, str]
    children: tuple[_Element, ...]


def read_types(cursor: Cursor) -> dict[int, Type]:
    """Number -> type, of a metadata event; the cursor is behind its size and its type.

    Raises:
        BadRecording, IndexError: it is damaged.
    """
    for _ in range(3):  # when it began, how long it took, its number
        cursor.number()
    texts = [str(cursor.text() or "") for _ in range(_count(cursor))]
    root = _element(cursor, texts, _DEEPEST, iter(range(_MOST)))
    types: dict[int, Type] = {}
    for element in _below(root):
        if element.name == "class":
            fields = tuple(_field(child) for child in element.children if child.name == "field")
            types[_number(element, "id")] = Type(element.attributes.get("name", ""), fields)
    return types


def _count(cursor: Cursor) -> int:
    """How many things follow: never more than there are bytes for."""
    count = cursor.number()
    if count > min(_MOST, len(cursor.data) - cursor.position):
        raise BadRecording(f"its metadata begin with {count:,} of something, which is more than it has bytes for")
    return count


def _element(cursor: Cursor, texts: list[str], depth: int, numbers: Iterator[int]) -> _Element:
    if depth == 0 or next(numbers, None) is None:
        raise BadRecording("its metadata are nested too deeply, or too large")
    name = texts[cursor.number()]
    attributes = {texts[cursor.number()]: texts[cursor.number()] for _ in range(_count(cursor))}
    children = tuple(_element(cursor, texts, depth - 1, numbers) for _ in range(_count(cursor)))
    return _Element(name, attributes, children)


def _below(element: _Element) -> Iterator[_Element]:
    yield element
    for child in element.children:
        yield from _below(child)


def _field(element: _Element) -> Field:
    of_field = element.attributes
    return Field(
        of_field.get("name", ""),
        _number(element, "class"),
        of_field.get("constantPool") == "true",
        of_field.get("dimension", "0") != "0",
    )


def _number(element: _Element, name: str) -> int:
    text = element.attributes.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise BadRecording("a type in its metadata has no number")
    return int(text)


class Readers:
    """Makes what reads the values of each type: a struct becomes a tuple, a text or a number stays one."""

    def __init__(self, types: Mapping[int, Type]) -> None:
        self._types = types
        self._readers: dict[int, Reader] = {}

    def of(self, type_id: int, depth: int = _DEEPEST) -> Reader:
        """What reads a value of a type.

        Raises:
            BadRecording: there is no such type, it is endless, or it has no fields.
        """
        if type_id not in self._readers:
            self._readers[type_id] = self._make(type_id, depth)
        return self._readers[type_id]

    def _make(self, type_id: int, depth: int) -> Reader:
        own = self._types.get(type_id)
        if own is None or depth == 0:
            raise BadRecording(f"its metadata do not say what type {type_id} is")
        if own.name in _SIMPLE:
            return _SIMPLE[own.name]
        readers = tuple(self._of_field(field, depth - 1) for field in own.fields)
        if not readers:  # its values would have no bytes, so a small file could have any number of them
            raise BadRecording(f"type {type_id} in its metadata has no fields")
        return lambda cursor: tuple([reader(cursor) for reader in readers])

    def _of_field(self, field: Field, depth: int) -> Reader:
        one = Cursor.number if field.in_pool else self.of(field.type_id, depth)
        return _array(one) if field.is_array else one


def _array(one: Reader) -> Reader:
    def read(cursor: Cursor) -> list[Any]:
        count = cursor.number()
        if count > len(cursor.data) - cursor.position:
            raise IndexError
        return [one(cursor) for _ in range(count)]

    return read
