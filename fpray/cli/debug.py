"""`fpray debug`: a trial in which the user runs one process by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fpray.cli.completion import suite_ids
from fpray.cli.interrupt import interruptible
from fpray.cli.options import read_options_of
from fpray.cli.suites import suites_option
from fpray.cli.typed_words import typed_words
from fpray.cluster.inventory import is_launcher_file
from fpray.driver.check import where_of
from fpray.driver.debug import debug_trial
from fpray.driver.head import run_on_head
from fpray.driver.option import pick
from fpray.driver.options import BaseOptions
from fpray.report.text import say
from fpray.store.find import find_trial


@click.command()
@click.argument("trial", metavar="SUITE/TRIAL", shell_complete=suite_ids)
@click.argument("label")
@read_options_of(pick(BaseOptions, cluster={}, address={"by_spelling": False, "multiple": False}, local={}))
@suites_option
@click.pass_context
def debug(ctx: click.Context, /, trial: str, label: str, suite_directory: Path, **where: Any) -> None:
    """Run a trial without its process LABEL, which you run by hand.

    Prints the command to paste and where to paste it; runs until Ctrl-C.
    """
    if remark := where["address"].remark:
        say(remark)
    file = Path(where["cluster"] or "")
    if where["address"].ray is None and is_launcher_file(file):
        run_on_head(file, typed_words(ctx), with_machines=True)
    suite, directory = find_trial(trial, suite_directory)
    interruptible()
    debug_trial(suite, directory, label, where_of(where))
