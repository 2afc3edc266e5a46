"""The options of the commands that plan or run trials: made from the options classes, which state each option once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar, cast, get_args, get_origin

import click

from fpray.cli import completion
from fpray.cli.option_groups import GroupedOption
from fpray.driver.option import Field, fields
from fpray.driver.read_options import read_options
from fpray.errors import refuse_if_any
from fpray.report.text import say

Command = TypeVar("Command", bound=Callable[..., Any])


class _Share(click.ParamType[float]):
    """`2%` or `0.02`."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return float(value[:-1]) / 100 if str(value).endswith("%") else float(value)
        except ValueError:
            self.fail(f"{value!r} is not a share: write a percentage or a fraction, such as 2% or 0.02", param, ctx)


class _BySpelling(GroupedOption):
    """An option that means something else where its short spelling is used: the value is `-a VALUE` then."""

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        for word in self.opts:
            dest = self.name if word.startswith("--") else word
            parser.add_option(obj=self, opts=[word], dest=dest, action="append", nargs=1)

    def consume_value(self, ctx: click.Context, opts: Any) -> Any:
        short = [f"{word} {value}" for word in self.opts for value in opts.get(word, ())]
        all_options: Any = {**opts, self.name: [*opts.get(self.name or "", ()), *short]} if short else opts
        return super().consume_value(ctx, all_options)


class _NumberOrText(click.ParamType[int | str]):
    """`3`, or a text that the option itself reads."""

    name = "number or text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        try:
            return int(value)
        except ValueError:
            return str(value)


def options_of(options: type) -> Callable[[Command], Command]:
    """The argument PROTOCOL and every option of an options class, for a command."""

    def decorate(command: Command) -> Command:
        hidden = click.option("-i", "--identity-file", "--identity_file", "identity_file", hidden=True)
        return click.argument("protocol", shell_complete=completion.protocols)(hidden(with_options(options)(command)))

    return decorate


def with_options(options: type) -> Callable[[Command], Command]:
    """Every option of an options class, for a command."""

    def decorate(command: Command) -> Command:
        for item in reversed(fields(options)):
            command = _click_option(item)(command)
        return command

    return decorate


def read_options_of(options: type) -> Callable[[Command], Command]:
    """Every option of an options class, for a command that gets their values, read; a wrong one is refused."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def reading(*arguments: Any, **words: Any) -> Any:
            values, problems = read_options(options, {item.name: words.pop(item.name) for item in fields(options)})
            refuse_if_any(problems)
            return command(*arguments, **words, **values)

        return with_options(options)(cast(Command, reading))

    return decorate


def _click_option(item: Field) -> Callable[[Any], Any]:
    option = item.option
    keywords: dict[str, Any] = {
        "cls": _BySpelling if option.by_spelling else GroupedOption,
        "group": option.group,
        "help": option.help_and_default,
        "metavar": option.metavar or None,
    }
    if option.completion is not None:
        keywords["shell_complete"] = completion.OF_KIND[option.completion]
    if bool in item.kinds:
        return click.option(*item.words, item.name, is_flag=True, **keywords)
    multiple = option.multiple or not isinstance(option.default, str | int | float | None)
    if not multiple and option.default is not None:
        keywords |= {"default": option.default, "show_default": not option.default_words}
    if option.environment:
        keywords |= {"envvar": option.environment, "show_envvar": True}
    return click.option(*item.words, item.name, type=_click_type(item), multiple=multiple, **keywords)


def _click_type(item: Field) -> Any:
    if item.option.percent:
        return _Share()
    if get_origin(item.type) is Literal:
        return click.Choice(list(get_args(item.type)))
    kinds = item.kinds
    if int in kinds and str in kinds:
        return _NumberOrText()
    return next((kind for kind in (int, float) if kind in kinds), str)


def given_options(options: type, words: Mapping[str, Any]) -> dict[str, Any]:
    """The words of a command line that are options of an options class."""
    if words["identity_file"]:
        say(
            "note: -i (FrankenPaxos's SSH key) has no effect, because fpray starts processes through Ray,"
            " without SSH; the command continues"
        )
    return {item.name: words[item.name] for item in fields(options)}
