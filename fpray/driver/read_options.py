"""Reads the words of a command: each option of its type, numpy's as Python's, any sequence as a list; all problems."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from fpray.driver.option import Field, fields
from fpray.driver.options import SweepOptions
from fpray.driver.secret_words import scrubbed, secrets_of, storable
from fpray.errors import Cause, Problem, Refused, nearest
from fpray.files.secret import Secret
from fpray.files.shown import in_brief
from fpray.files.typed import Misfit, typed
from fpray.protocol.python_value import python_value

T = TypeVar("T")
_UNFIT = re.compile("[\0\ud800-\udfff]")  # a byte that is no UTF-8 is a lone surrogate in Python


@dataclass
class Words:
    """The words of one command; only what checks them sees them.

    Attributes:
        values: of each option of the command, and the default of each other option of a sweep.
        problems: what is wrong so far; each check adds to it.
        command: the command as it was typed, without secrets.
        stored: what may be written down of the values.
        options: the class of the options.
    """

    protocol: str
    values: Mapping[str, Any]
    problems: list[Problem]
    command: str
    secrets: Sequence[Secret]
    stored: Mapping[str, Any]
    options: type

    @staticmethod
    def read(options: type, protocol: str, words: Mapping[str, Any], command: str) -> Words:
        """The words of an options class."""
        values, problems = read_options(options, words)
        secrets, stored = secrets_of(values), {"protocol": protocol, **storable(values)}
        values |= defaults(SweepOptions, values.keys())
        return Words(protocol, values, problems, scrubbed(command, secrets), secrets, stored, options)


def collect(problems: list[Problem], look: Callable[[], T]) -> T | None:
    """What a function finds out; None, and its problems noted, where it refuses."""
    try:
        return look()
    except Refused as refused:
        problems.extend(refused.problems)
        return None


def read_options(options: type, words: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Every option with its value, given or default, and everything that is wrong with them.

    Raises:
        TypeError: there is no such option; only Python can name one.
    """
    all_fields = fields(options)
    names = [option.name for option in all_fields]
    if unknown := sorted(words.keys() - set(names)):
        raise TypeError("; ".join(f"there is no option {name}{nearest(name, names)}" for name in unknown))
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for item in all_fields:
        values[item.name], wrong = read_option(item, words.get(item.name, item.option.default))
        problems += wrong
    for item in all_fields:
        if item.option.conflicts is not None:
            problems += item.option.conflicts(values)
    return values, problems


def defaults(options: type, besides: Collection[str] = ()) -> dict[str, Any]:
    """The default of each option, besides those of some names."""
    others = (item for item in fields(options) if item.name not in besides)
    return {item.name: read_option(item, item.option.default)[0] for item in others}


def read_option(item: Field, value: Any) -> tuple[Any, list[Problem]]:
    """The value of one option, and what is wrong with it alone; the default where the value cannot be used."""
    option = item.option
    value, problems = _fitting(item, value)
    is_fit = value is option.default or option.convert is not None or not value or _fits_argv(value)
    if option.convert is not None and value is not None:
        try:
            value = option.convert(value)
        except Refused as refused:
            value, problems = option.default, [*problems, *(why.within(item.flag) for why in refused.problems)]
    if option.read is not None:
        value, wrong = option.read(value)
        problems += wrong
    if option.check is not None and value is not None and (sentence := option.check(value)):
        text = f"{value:g}" if isinstance(value, float) else in_brief(value)
        problems.append(Problem(f"{item.flag} {text}", sentence, Cause.OPTION))
    if not is_fit and not problems:
        sentence = "contains a NUL character, or bytes that are not UTF-8 text: write it without them"
        problems.append(Problem(item.flag, sentence, Cause.OPTION))
    return value, problems


def _fits_argv(value: Any) -> bool:
    """Whether the texts of an option can stand on a command line and in a suite."""
    texts = [value] if isinstance(value, str) else value if isinstance(value, list | tuple) else ()
    return not any(isinstance(text, str) and not text.isprintable() and _UNFIT.search(text) for text in texts)


def _fitting(item: Field, value: Any) -> tuple[Any, list[Problem]]:
    """The value, where an option can have it; else the option's default, and what is wrong with the value.

    The command line gives texts, and numbers that were read already: these pass at once.
    """
    default = item.option.default
    if get_origin(item.type) is Literal:
        words = get_args(item.type)
        sentence = f"must be {' or '.join(map(repr, words))}"
        return (value, []) if value in words else (default, [Problem(f"{item.name}={value!r}", sentence, Cause.OPTION)])
    if value is default or _is_plain(item, value) or _is_texts(item, value):
        return value, []
    try:
        return typed(given_type(item), python_value(value)), []
    except Misfit as misfit:
        about = item.flag if type(value) in item.kinds else item.name  # only Python can give another type
        return default, [Problem(about, str(defect), Cause.OPTION) for defect in misfit.defects]


def _is_plain(item: Field, value: Any) -> bool:
    return type(value) in item.kinds and not (type(value) is int and value.bit_length() > 63)


def _is_texts(item: Field, value: Any) -> bool:
    kinds = {kind for kind in item.kinds if get_origin(kind) is not os.PathLike}
    several = item.option.multiple or not kinds <= {int, float, bool, str}
    return several and isinstance(value, list | tuple) and all(type(text) is str for text in value)


def given_type(item: Field) -> Any:
    """The type of the value that is given: a path is text here, and the values of a mapping are looked at later."""
    kinds = [str if isinstance(kind, str) else kind for kind in get_args(item.type) or (item.type,)]
    kinds = [kind for kind in kinds if get_origin(kind) is not os.PathLike]
    if get_origin(item.type) is Mapping:
        return Mapping[str, Any] | Sequence[str]
    if item.option.multiple:
        kinds.append(Sequence[str])
    return Union[tuple(kinds)]  # noqa: UP007  how many they are is not known
