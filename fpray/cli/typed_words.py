"""How a command was typed, for another process that is to run it: in the background, or on another machine.

click's own parser reads the words again, and is asked for each spelling of an option apart.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import click

from fpray.cli.main import WORDS
from fpray.driver.command_words import CommandWords, OptionWords


def typed_words(ctx: click.Context) -> CommandWords:
    """The command of a context as it was typed."""
    parser = click.Command(None, add_help_option=False).make_parser(ctx)
    for parameter in ctx.command.get_params(ctx):
        parameter.add_to_parser(_BySpelling(parser), ctx)  # type: ignore[arg-type]
    values, _, order = parser.parse_args(list(ctx.meta[WORDS]))
    arguments: list[str] = []
    options: list[OptionWords] = []
    for parameter in order:
        assert parameter.name is not None
        if isinstance(parameter, click.Argument):
            value = values[parameter.name]
            arguments += [value] if isinstance(value, str) else value if isinstance(value, tuple) else []
        else:
            [spelling] = parameter.opts
            options.append(OptionWords(parameter.name, spelling, values[spelling].pop(0)))
    return CommandWords(ctx.command.name or "", arguments, options)


class _BySpelling:
    """Adds each spelling of an option to a parser, as an option of its own that may be given several times."""

    def __init__(self, parser: Any) -> None:
        self._parser = parser

    def add_option(
        self, obj: click.Option, opts: Sequence[str], dest: str, action: str, nargs: int = 1, **_: Any
    ) -> None:
        """An option. Its values are texts, or None of an option that takes none."""
        for spelling in opts:
            option = copy.copy(obj)
            option.opts = [spelling]
            append = "append_const" if action.endswith("_const") else "append"
            self._parser.add_option(option, [spelling], spelling, append, nargs, None)

    def add_argument(self, obj: click.Argument, dest: str, nargs: int = 1) -> None:
        """An argument, as it is."""
        self._parser.add_argument(obj, dest, nargs)
