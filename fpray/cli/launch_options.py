"""The options that only the command line has: how a driver is started, and what is printed."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, TypedDict

import click

from fpray.cli.options import Command, with_options
from fpray.driver.option import Group, Option

JSON = Option("print one JSON object per trial on standard output", Group.COMMAND, False, words=("--json",))


class LaunchOptions(TypedDict, total=False):
    """The options of the commands that run trials."""

    dry_run: Annotated[
        bool, Option("print how many trials would run and how long they would take, and exit", Group.COMMAND, False)
    ]
    as_json: Annotated[bool, JSON]
    detach: Annotated[
        bool,
        Option(
            "start the run in the background and return; fpray status and fpray attach show it, fpray stop ends it",
            Group.COMMAND,
            False,
        ),
    ]


class PlanPrinting(TypedDict, total=False):
    """The options of `fpray plan`."""

    as_json: Annotated[bool, replace(JSON, help="print the plans as a JSON list")]


class StatusPrinting(TypedDict, total=False):
    """The options of `fpray status`."""

    as_json: Annotated[bool, replace(JSON, help="print a JSON list")]


class StudiesPrinting(TypedDict, total=False):
    """The options of `fpray studies`."""

    as_json: Annotated[bool, replace(JSON, help="print a JSON list, with the machines of each pool")]


def launch_options(command: Command) -> Command:
    """How the command line itself runs a driver; Python has none of these."""
    # A laptop adds it to a command that it starts on the head of a cluster. WHERE is the option that names this cluster
    # on the laptop, for messages.
    as_job = click.option("--as-job", metavar="WHERE", hidden=True)
    return with_options(LaunchOptions)(as_job(command))
