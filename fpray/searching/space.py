"""The space of a search: `KEY=1..1024:log`, `KEY=0.1..0.9` and `KEY=1,10,50` as Optuna distributions."""

from __future__ import annotations

import dataclasses
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from fpray.errors import Cause, Problem, nearest
from fpray.files.shown import in_brief
from fpray.peak_sampler.distributions import ends
from fpray.protocol import params as param_values
from fpray.protocol.values import BadValue, NotOneValue, describe_type, field_names, field_types, read_value, to_json
from fpray.study.grid import split_values

Space = dict[str, BaseDistribution]

_RANGE = re.compile(r"(?P<low>[^.,]*(?:\.\d+)?)\.\.(?P<high>[^:]+)(?P<rest>(?::[^:]*)*)")
_SHAPES = (
    "write a range, --space KEY=LOW..HIGH (you can add :log or :step=2), or a list of values, --space KEY=V1,V2,V3"
)


class _Wrong(ValueError):
    """A dimension that cannot be read; its text says why and what to write."""


def read_space(space: Mapping[str, Any], start: Any, protocol: str) -> tuple[Space, list[Problem]]:
    """Parameter (dotted) -> distribution, and every problem.

    A dimension is the text of the command line, a sequence of choices, a `range`, or an Optuna distribution.

    Args:
        start: the parameters that the search starts from; a dimension has the type of its field.
    """
    distributions: Space = {}
    problems: list[Problem] = []
    kinds = _kinds(start)
    for key, dimension in space.items():
        about = f"--space {in_brief(key)}={in_brief(dimension)}"
        if key not in kinds:
            near = nearest(key, kinds)
            problems.append(
                Problem(
                    about,
                    f"{protocol} has no such parameter{near} (fpray protocols {protocol} lists them)",
                    Cause.SPACE,
                )
            )
            continue
        try:
            distribution = _read(kinds[key], dimension)
        except _Wrong as wrong:
            problems.append(Problem(about, str(wrong).replace("--space KEY", f"--space {in_brief(key)}"), Cause.SPACE))
            continue
        wrong_ends = [
            p
            for value in ends(distribution)
            for p in param_values.set_values(start, {key: value}, protocol=protocol)[1]
        ]
        problems += wrong_ends
        if distribution.single():
            problems.append(Problem(about, f"has only one value: use --set {key}={ends(distribution)[0]}", Cause.SPACE))
        elif not wrong_ends:
            distributions[key] = distribution
    return distributions, problems


def suggest(trial: optuna.Trial, space: Space) -> dict[str, Any]:
    """The point of the space that an Optuna trial stands for; parameters that have no value yet are chosen now."""
    return {key: _suggest(trial, key, distribution) for key, distribution in space.items()}


def _suggest(trial: optuna.Trial, key: str, distribution: BaseDistribution) -> Any:
    if isinstance(distribution, CategoricalDistribution):
        return trial.suggest_categorical(key, distribution.choices)
    if isinstance(distribution, IntDistribution):
        return trial.suggest_int(key, distribution.low, distribution.high, step=distribution.step, log=distribution.log)
    assert isinstance(distribution, FloatDistribution)
    return trial.suggest_float(key, distribution.low, distribution.high, step=distribution.step, log=distribution.log)


def in_words(distribution: BaseDistribution) -> str:
    """`1..1024:log`, as on the command line."""
    if isinstance(distribution, CategoricalDistribution):
        return ",".join(str(choice) for choice in distribution.choices)
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    step = "" if distribution.step in (None, 1) else f":step={distribution.step}"
    return f"{distribution.low}..{distribution.high}{':log' if distribution.log else ''}{step}"


def _kinds(start: Any) -> dict[str, Any]:
    """Dotted name -> type, for the fields of these parameters; of a union, for the alternative that is chosen."""
    kinds: dict[str, Any] = {}
    for name, kind in field_types(type(start)).items():
        kinds[name] = kind
        if dataclasses.is_dataclass(value := getattr(start, name)):
            kinds |= {f"{name}.{nested}": kind for nested, kind in _kinds(value).items()}
    return kinds


def _read(kind: Any, dimension: Any) -> BaseDistribution:
    if isinstance(dimension, BaseDistribution):
        return dimension
    if isinstance(dimension, range):
        if not dimension:
            raise _Wrong(f"is a Python range that contains no values: {_SHAPES}")
        low, high = sorted((dimension[0], dimension[-1]))  # a range of a billion is not walked through
        return IntDistribution(low, high, step=abs(dimension.step))
    if isinstance(dimension, str):
        match = _RANGE.fullmatch(dimension.strip())
        if match:
            return _range(kind, match["low"].strip(), match["high"].strip(), match["rest"])
        dimension = split_values(dimension)
    if not isinstance(dimension, Iterable) or isinstance(dimension, Mapping | bytes | bytearray | memoryview):
        raise _Wrong(f"is neither a range nor a list of values: {_SHAPES}")
    return _choices(kind, dimension)


def _choices(kind: Any, values: Iterable[Any]) -> CategoricalDistribution:
    choices = []
    for choice in values:
        try:
            value = read_value(kind, choice)
        except NotOneValue as bad:
            raise _Wrong(bad.with_remedy(_one_field(bad.fields))) from None
        except BadValue as bad:
            raise _Wrong(str(bad)) from None
        plain = to_json(value)
        choices.append(plain if isinstance(plain, bool | int | float | str) else str(choice))
    if not choices:
        raise _Wrong(f"has no values: {_SHAPES}")
    return CategoricalDistribution(tuple(dict.fromkeys(choices)))


def _one_field(fields: Sequence[str]) -> str:
    return f"write one --space for each field to search, such as --space KEY.{fields[0]}=..."


def _listed(kind: Any) -> str:
    """How the values of a kind that has no range are written; it follows the name of the kind."""
    if fields := field_names(kind):
        return f" (with the fields {', '.join(fields)}): {_one_field(fields)}"
    examples = {bool: "true,false", timedelta: "1s,2s", str: "a,b"}
    values = examples.get(kind) or describe_type(kind).replace(" | ", ",")
    return f": write its values with commas between them, such as --space KEY={values}"


def _range(kind: Any, low: str, high: str, rest: str) -> BaseDistribution:
    if kind not in (int, float):
        raise _Wrong(f"cannot be a range, because the type of this parameter is {describe_type(kind)}{_listed(kind)}")
    log, step = False, None
    for word in filter(None, rest.split(":")):
        name, _, number = word.partition("=")
        if word == "log":
            log = True
        elif name == "step" and number:
            step = _number(kind, number)
        else:
            raise _Wrong(
                f":{word} is neither :log nor a step such as :step=2: write --space"
                f" KEY={low}..{high}:log or --space KEY={low}..{high}:step=2"
            )
    lowest, highest = _number(kind, low), _number(kind, high)
    if lowest > highest:
        raise _Wrong(f"{low} is above {high}: write --space KEY={high}..{low}{rest}")
    if log and lowest <= 0:
        raise _Wrong(f"a logarithmic range must start above 0: write --space KEY=1..{high}:log")
    if log and step is not None:
        raise _Wrong(
            f"cannot be logarithmic and have a step: write --space KEY={low}..{high}:log or --space"
            f" KEY={low}..{high}:step={step}"
        )
    if step is not None and step <= 0:
        raise _Wrong(f"a step must be above 0: write --space KEY={low}..{high}:step={2 if kind is int else 0.1}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a range that is no multiple of its step ends at its last step
        if kind is int:
            return IntDistribution(lowest, highest, log=log, step=step or 1)
        return FloatDistribution(lowest, highest, log=log, step=step)


def _number(kind: Any, text: str) -> Any:
    try:
        return read_value(kind, text)
    except BadValue as bad:
        raise _Wrong(f"{bad}; {_SHAPES}") from None
