"""What one option is: its name in Python and on the command line, help, type, default, check and conflicts."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args, get_type_hints

from fpray.errors import Problem

Read = Callable[[Any], tuple[Any, Iterable[Problem]]]
Conflicts = Callable[[Mapping[str, Any]], Iterator[Problem]]


@dataclass(frozen=True)
class Option:
    """The metadata of a field of an options class: `repeat: Annotated[int | None, Option("run each point N times")]`.

    Attributes:
        help: one line for `--help`, the README and `help(fpray.sweep)`.
        default: the value where the option is not given.
        words: how the command line spells it; empty: `--` and the name with dashes.
        metavar: what stands for its value in `--help`; empty: click's own word.
        by_spelling: whether the reader gets `-a VALUE` where the command line has the short spelling.
        multiple: whether the command line takes it several times; always so for lists and mappings.
        environment: the environment variable that gives the default on the command line.
        percent: whether a share may be written as a percentage on the command line.
        read: the given value -> the value that is meant, and what is wrong with it.
        check: the value -> what is wrong with it, in a sentence, or None.
        conflicts: all values of a request, read -> what is wrong with this option beside the others.
    """

    help: str
    default: Any = None
    words: tuple[str, ...] = ()
    metavar: str = ""
    by_spelling: bool = False
    multiple: bool = False
    environment: str = ""
    percent: bool = False
    read: Read | None = None
    check: Callable[[Any], str | None] | None = None
    conflicts: Conflicts | None = None


@dataclass(frozen=True)
class Field:
    """An option with the name and the type that its options class gives it."""

    name: str
    type: Any
    option: Option = field(repr=False)

    @property
    def words(self) -> tuple[str, ...]:
        """How the command line spells it."""
        return self.option.words or (f"--{self.name.replace('_', '-')}",)

    @property
    def flag(self) -> str:
        """How messages name it: its longest spelling that the command line shows."""
        return next(word for word in self.words if word.startswith("--"))

    @property
    def kinds(self) -> tuple[Any, ...]:
        """The types that its value may have, without None."""
        return tuple(kind for kind in get_args(self.type) or (self.type,) if kind is not type(None))


@functools.cache
def fields(options: type) -> tuple[Field, ...]:
    """The options of an options class, in the order of its fields."""
    hints = get_type_hints(options, include_extras=True)
    return tuple(Field(name, hint.__origin__, hint.__metadata__[0]) for name, hint in hints.items())


def signature(options: type, returns: Any, *positional: str) -> inspect.Signature:
    """What `inspect.signature`, `help` and completion show of a function that takes an options class."""
    keyword, words = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter(name, words, annotation="str") for name in positional]
    for item in fields(options):
        parameters.append(
            inspect.Parameter(item.name, keyword, default=item.option.default, annotation=_in_words(item.type))
        )
    return inspect.Signature(parameters, return_annotation=returns)


def _in_words(kind: Any) -> str:
    return inspect.formatannotation(kind).replace("collections.abc.", "").replace("os.", "").replace("typing.", "")


def documentation(options: type) -> str:
    """The options for a docstring: a line each."""
    return "\n".join(f"    {item.name}: {item.option.help}" for item in fields(options))
