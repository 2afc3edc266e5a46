"""The options of a command in `--help`: each group under its heading."""

from __future__ import annotations

from typing import Any

import click

from fpray.driver.option import Group


class GroupedOption(click.Option):
    """An option that belongs to a group."""

    def __init__(self, *words: Any, group: Group, **attributes: Any) -> None:
        super().__init__(*words, **attributes)
        self.group = group


class Grouped(click.Command):
    """A command with many options. Its arguments stand in the line of its usage, as in every command."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each group under its heading, in the order in which its options are declared."""
        options = [option for option in self.get_params(ctx) if isinstance(option, click.Option)]
        for group in Group:
            records = [option.get_help_record(ctx) for option in options if group_of(option) is group]
            if rows := [record for record in records if record is not None]:
                with formatter.section(group.value):
                    formatter.write_dl(rows)


def group_of(option: click.Option) -> Group:
    """The group of an option; click itself makes `--help`, which belongs to the command."""
    return option.group if isinstance(option, GroupedOption) else Group.COMMAND
