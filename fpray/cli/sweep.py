"""`fpray sweep`: runs every trial of a study."""

from __future__ import annotations

from typing import Any

import click

from fpray.cli.launch import launch, typed_command
from fpray.cli.launch_options import launch_options
from fpray.cli.option_groups import Grouped
from fpray.cli.options import given_options, options_of
from fpray.driver.continuation import lines_of_sweep
from fpray.driver.means import check_sweep
from fpray.driver.options import SweepOptions
from fpray.driver.sweep import run_sweep
from fpray.report.text import show_line


@click.command(cls=Grouped)
@options_of(SweepOptions)
@launch_options
@click.pass_context
def sweep(ctx: click.Context, /, **words: Any) -> None:
    """Run the trials of a study of PROTOCOL, or continue them.

    Exit code 0: every trial finished; 1: some did not; 2: refused before anything started; 130: interrupted.
    """
    experiment = check_sweep(words["protocol"], given_options(SweepOptions, words), typed_command())
    if words["dry_run"]:
        for line in lines_of_sweep(experiment):
            show_line(line)
        return
    launch(ctx, run_sweep, experiment, words)
