"""The samples of a recording: which thread was where, and when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from fpray.files.printable import printable
from fpray.profiles.jfr.chunks import Chunk, read_chunks
from fpray.profiles.jfr.cursor import BadRecording, Cursor
from fpray.profiles.jfr.types import Reader, Readers, Type, read_types

_METADATA, _CHECKPOINT = 0, 1  # types of events that have no other description
_JAVA, _NATIVE = "jdk.ExecutionSample", "jdk.NativeMethodSample"
_TRACE, _METHOD, _CLASS = "jdk.types.StackTrace", "jdk.types.Method", "java.lang.Class"
_SYMBOL, _TEXT, _THREAD = "jdk.types.Symbol", "java.lang.String", "java.lang.Thread"
_FRAME: Final = "jdk.types.StackFrame"  # in the stacks, and in no pool
_POOLS: Final = frozenset({_TRACE, _METHOD, _CLASS, _SYMBOL, _TEXT, _THREAD})
_MOST_CONSTANTS: Final = 3_000_000
_MOST_CHARACTERS: Final = 300  # of a frame
_DEEPEST: Final = 2048  # frames of a stack
# What the JVM numbers anew in each run: classes of lambdas, and accessors that reflection generates.
_NUMBERED: Final = re.compile(r"(\$\$Lambda|LambdaForm\$\w+|GeneratedMethodAccessor)[$./+0-9a-fA-Fx]*$")
TRUNCATED: Final = "[the rest of the stack was not recorded]"


class Sample(NamedTuple):
    """Where a thread was at one moment.

    Attributes:
        at_ns: since the epoch.
        thread: its name.
        frames: methods, the outermost first, such as `java.lang.Thread.run`.
        is_native: whether it ran a native method: it may have waited there.
    """

    at_ns: int
    thread: str
    frames: tuple[str, ...]
    is_native: bool


def read_samples(path: Path) -> Iterator[Sample]:
    """The samples of a recording, chunk by chunk; of a chunk that ends too soon, those that are whole.

    Raises:
        BadRecording: the file is no recording, or damaged.
        OSError: it cannot be read.
    """
    for chunk in read_chunks(path):
        try:
            yield from _Contents(chunk).samples()
        except (IndexError, OverflowError):
            raise BadRecording("a value in it goes on behind its end") from None


class _Contents:
    """The types and the pools of a chunk, and what its samples say with them."""

    def __init__(self, chunk: Chunk) -> None:
        self._chunk = chunk
        self._types: dict[int, Type] = {}
        self._pools: dict[str, dict[int, Any]] = {name: {} for name in _POOLS}
        self._frames: dict[int, str] = {}  # of a method
        self._stacks: dict[int, tuple[str, ...]] = {}
        checkpoints = []
        for type_id, cursor in chunk.events():
            if type_id == _METADATA:
                self._types |= read_types(cursor)
            elif type_id == _CHECKPOINT:
                checkpoints.append(cursor)
        self._readers = Readers(self._types)
        self._rest = _MOST_CONSTANTS
        for cursor in checkpoints:
            self._read_checkpoint(cursor)
        by_name = {own.name: own for own in self._types.values()}
        self._places = {
            (name, field): by_name[name].place(field)
            for name, field in (
                (_TRACE, "truncated"), (_TRACE, "frames"), (_METHOD, "type"), (_METHOD, "name"), (_CLASS, "name"),
                (_SYMBOL, "string"), (_THREAD, "javaName"), (_THREAD, "osName"), (_FRAME, "method"),
            )
            if name in by_name
        }  # fmt: skip

    def _read_checkpoint(self, cursor: Cursor) -> None:
        """Take the constants of a checkpoint into the pools."""
        for _ in range(3):  # when it was written, how long that took, how far away the one before it is
            cursor.number()
        cursor.byte()
        for _ in range(cursor.number()):
            type_id, count = cursor.number(), cursor.number()
            own = self._types.get(type_id)
            if own is None:
                return  # of an unfinished chunk, which ends before its metadata
            self._rest -= count
            if self._rest < 0 or count > len(cursor.data) - cursor.position:
                raise BadRecording("it has more constants than fpray reads, or than it has bytes for")
            reader, pool = self._readers.of(type_id), self._pools.get(own.name)
            for _ in range(count):
                number, value = cursor.number(), reader(cursor)
                if pool is not None:
                    pool[number] = value

    def samples(self) -> Iterator[Sample]:
        """The samples of the chunk."""
        own_types = [(number, own) for number, own in self._types.items() if own.name in (_JAVA, _NATIVE)]
        events = {number: self._event(number, own) for number, own in own_types}
        for type_id, cursor in self._chunk.events():
            if type_id in events:
                reader, at, thread, trace, is_native = events[type_id]
                value = reader(cursor)
                if not isinstance(value[at], int):
                    raise BadRecording("the time of an event in it is no number")
                if frames := self._stack(value[trace]):
                    yield Sample(self._chunk.at_ns(value[at]), self._thread(value[thread]), frames, is_native)

    def _event(self, number: int, own: Type) -> tuple[Reader, int, int, int, bool]:
        places = [own.place(name) for name in ("startTime", "sampledThread", "stackTrace")]
        if any(place is None or own.fields[place].is_array for place in places):
            raise BadRecording(f"its events {own.name} have no time, no thread or no stack")
        at, thread, trace = (place or 0 for place in places)
        if not (own.fields[thread].in_pool and own.fields[trace].in_pool):
            raise BadRecording(f"its events {own.name} are of another version")
        return self._readers.of(number), at, thread, trace, own.name == _NATIVE

    def _part(self, name: str, number: object, field: str) -> Any:
        """A field of a constant; None where there is none."""
        value = self._pools[name].get(number) if isinstance(number, int) else None
        return self._field_of(value, name, field)

    def _field_of(self, value: object, name: str, field: str) -> Any:
        place = self._places.get((name, field))
        return value[place] if isinstance(value, tuple) and place is not None else None

    def _stack(self, number: int) -> tuple[str, ...]:
        if number not in self._stacks:
            frames = self._part(_TRACE, number, "frames")
            innermost = frames[:_DEEPEST] if isinstance(frames, list) else []
            names = [self._frame(self._field_of(frame, _FRAME, "method")) for frame in innermost]
            if names and self._part(_TRACE, number, "truncated"):
                names.append(TRUNCATED)
            self._stacks[number] = tuple(reversed(names))
        return self._stacks[number]

    def _frame(self, method: object) -> str:
        if not isinstance(method, int):
            return "?"
        if method not in self._frames:
            of_class = self._symbol(self._part(_CLASS, self._part(_METHOD, method, "type"), "name"))
            name = self._symbol(self._part(_METHOD, method, "name")) or "?"
            of_class = _NUMBERED.sub(r"\1", of_class).replace("/", ".")
            self._frames[method] = frame_text(f"{of_class}.{name}" if of_class else name)
        return self._frames[method]

    def _symbol(self, number: object) -> str:
        return self._resolved(self._part(_SYMBOL, number, "string"))

    def _thread(self, number: int) -> str:
        names = (self._part(_THREAD, number, field) for field in ("javaName", "osName"))
        return frame_text(next(filter(None, map(self._resolved, names)), "?"))

    def _resolved(self, text: object) -> str:
        """A text, which may be a number in the pool of texts."""
        if isinstance(text, int):
            text = self._pools[_TEXT].get(text)
        return text if isinstance(text, str) else ""


def frame_text(text: str) -> str:
    """A text as a part of a collapsed stack: on one line, without the character between parts."""
    return printable(text, most=_MOST_CHARACTERS).replace(";", ",") or "?"
