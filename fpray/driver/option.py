"""What one option is: its name in Python and on the command line, help, group, type, default, check and conflicts."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Annotated, Any, get_args, get_type_hints

from fpray.errors import Problem

Read = Callable[[Any], tuple[Any, Iterable[Problem]]]
Conflicts = Callable[[Mapping[str, Any]], Iterator[Problem]]


class Group(Enum):
    """The groups of options, with their headings in `--help`, in the order in which they stand there."""

    TRIALS = "Trials"
    GOAL = "Goals, space and budget"
    PROCESSES = "Jar and processes"
    MEASUREMENTS = "Measurements"
    MACHINES = "Machines"
    FAILURES = "Failed trials"
    RESULTS = "Results on disk"
    COMMAND = "This command"


class Completion(Enum):
    """What the shell completes the value of an option with."""

    STUDIES = "the names of studies, and Python files"
    PARAMETERS = "the parameters of the protocol"


def texts_of(value: Any) -> Sequence[str]:
    """A value as the texts that a user types for it."""
    if value is None:
        return ()
    return [str(item) for item in value] if isinstance(value, list | tuple) else [str(value)]


@dataclass(frozen=True)
class Compared:
    """That an option changes numbers: a suite keeps its value, and is continued only with the same one.

    Attributes:
        entry: its key in `suite.json`; empty: the option's name inside the code.
        kind: the type of the value there; None: the type of the option.
        texts: the value there -> the texts that a user types for it.
        always: whether each suite has the entry; else only a suite with another value than the default.
    """

    entry: str = ""
    kind: Any = None
    texts: Callable[[Any], Sequence[str]] = texts_of
    always: bool = False


@dataclass(frozen=True)
class Option:
    """The metadata of a field: `repeat: Annotated[int | None, Option("run each point N times", Group.TRIALS)]`.

    Attributes:
        help: one line for `--help`, the README and `help(fpray.sweep)`.
        group: under which heading `--help` lists it.
        default: the value where the option is not given.
        default_words: what the help names as the default, where the default itself says nothing (None: another part
            of fpray decides); empty: the help shows the default itself.
        completion: what the shell completes its value with, if anything.
        words: how the command line spells it; empty: `--` and the name with dashes.
        flag: how messages name it; empty: its longest spelling.
        metavar: what stands for its value in `--help`; empty: click's own word.
        by_spelling: whether the reader gets `-a VALUE` where the command line has the short spelling.
        multiple: whether the command line takes it several times; always so for lists and mappings.
        environment: the environment variable that gives the default on the command line.
        percent: whether a share may be written as a percentage on the command line.
        convert: the given value -> the value that is meant; may refuse it.
        read: the same for several problems at once: the given value -> the value, and what is wrong with it.
        check: the value -> what is wrong with it, in a sentence, or None.
        conflicts: all values of a request, read -> what is wrong with this option beside the others.
        parameter: the parameter of every trial that it sets to true; empty: none.
        attribute: its name inside the code; empty: its own name.
        compared: where a suite is continued only with the same value: how the suite keeps it.
    """

    help: str
    group: Group
    default: Any = None
    default_words: str = ""
    completion: Completion | None = None
    words: tuple[str, ...] = ()
    flag: str = ""
    metavar: str = ""
    by_spelling: bool = False
    multiple: bool = False
    environment: str = ""
    percent: bool = False
    convert: Callable[[Any], Any] | None = None
    read: Read | None = None
    check: Callable[[Any], str | None] | None = None
    conflicts: Conflicts | None = None
    parameter: str = ""
    attribute: str = ""
    compared: Compared | None = None

    @property
    def help_and_default(self) -> str:
        """The help, with the default where that is decided later."""
        return f"{self.help}  [default: {self.default_words}]" if self.default_words else self.help


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
        """How messages name it."""
        return self.option.flag or next(word for word in self.words if word.startswith("--"))

    @property
    def spellings(self) -> str:
        """How messages name it where its short spelling is as usual: `-j/--jar`."""
        return "/".join(self.words)

    @property
    def attribute(self) -> str:
        """Its name inside the code."""
        return self.option.attribute or self.name

    @property
    def kinds(self) -> tuple[Any, ...]:
        """The types that its value may have, without None."""
        members = get_args(self.type)
        return tuple(kind for kind in members if kind is not type(None)) if members else (self.type,)


@functools.cache
def fields(options: type) -> tuple[Field, ...]:
    """The options of an options class, in the order of its fields."""
    hints = get_type_hints(options, include_extras=True)
    return tuple(Field(name, hint.__origin__, hint.__metadata__[0]) for name, hint in hints.items())


def pick(options: type, **changes: Mapping[str, Any]) -> type:
    """An options class with some options of another. changes: name -> what the `Option` states otherwise here."""
    annotated: Any = Annotated  # mypy cannot check types that are made here
    picked: dict[str, Any] = {}
    for name, change in changes.items():
        item = named(options, name)
        picked[name] = annotated[item.type, replace(item.option, **change)]
    return type(f"Picked{options.__name__}", (), {"__annotations__": picked})


def named(options: type, name: str) -> Field:
    """One option of an options class."""
    return next(item for item in fields(options) if item.name == name)


def attributes(target: type, options: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of options for the dataclass `target`: those of its fields that have an option's name in the code."""
    members = target.__dataclass_fields__  # type: ignore[attr-defined]
    names = {item.attribute: item.name for item in fields(options)}
    return {attribute: values[name] for attribute, name in names.items() if attribute in members and name in values}


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
    return "\n".join(f"    {item.name}: {item.option.help_and_default}" for item in fields(options))
