"""`fpray plan`: prints the files and command lines of trials, and runs nothing."""

from __future__ import annotations

import json
from typing import Any

import click

from fpray.cli.launch_options import PlanPrinting
from fpray.cli.option_groups import Grouped
from fpray.cli.options import given_options, options_of, with_options
from fpray.driver.check import check_plan
from fpray.driver.dry_run import plans, text
from fpray.driver.options import PlanOptions
from fpray.report.text import show_line, show_text


@click.command(cls=Grouped)
@options_of(PlanOptions)
@with_options(PlanPrinting)
def plan(as_json: bool, **words: Any) -> None:
    """Show the files and processes of each trial of a sweep.

    Needs neither Ray nor Java.
    """
    experiment = check_plan(words["protocol"], given_options(PlanOptions, words))
    if as_json:
        show_text(json.dumps(list(plans(experiment)), indent=1) + "\n")
    else:
        for line in text(experiment):
            show_line(line)
