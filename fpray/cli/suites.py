"""The options of the commands that look at suites: where the suites are, and on which machine."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, cast

import click

from fpray.cli.options import Command, read_options_of
from fpray.cli.typed_words import typed_words
from fpray.driver.head import run_on_head
from fpray.driver.option import pick
from fpray.driver.options import BaseOptions
from fpray.files.paths import GivenPath, absolute


class _AbsolutePath(click.ParamType[Path]):
    """A path, absolute and expanded."""

    name = "text"  # what `--help` shows where there is no metavar

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        return absolute(value)


PATH = _AbsolutePath()


def _run_on_head(ctx: click.Context, _option: click.Parameter, value: Path | None) -> None:
    """Become the same command on the head of a launcher's cluster, unless this machine belongs to that cluster."""
    if value is not None:
        run_on_head(value, typed_words(ctx))


_SUITES = pick(BaseOptions, suite_directory={"help": "directory in which suites are found by name or suite id"})


def suites_option(command: Command) -> Command:
    """The option `-s` of a command that looks at suites; the command gets the path."""

    @functools.wraps(command)
    def with_path(*arguments: Any, suite_directory: GivenPath, **words: Any) -> Any:
        return command(*arguments, suite_directory=suite_directory.path, **words)

    return read_options_of(_SUITES)(cast(Command, with_path))


profiled_option = click.option(
    "--profiled", is_flag=True, help="also take trials that were profiled; without it they are left out"
)

head_option = click.option(
    "--cluster", metavar="LAUNCHER.yaml", type=PATH, expose_value=False, callback=_run_on_head,
    help="run this command on the head of that cluster",
)  # fmt: skip
