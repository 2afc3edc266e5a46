"""`fpray sweep`."""

from __future__ import annotations

from typing import Any

import click

from fpray.cli.launch import launch
from fpray.cli.options import sweep_options
from fpray.cli.request import request_of
from fpray.driver.dry_run import summary_lines
from fpray.driver.session import run_sweep


@click.command()
@sweep_options
@click.pass_context
def sweep(ctx: click.Context, /, **words: Any) -> None:
    """Run the trials of a study of PROTOCOL, or continue them.

    Exit code 0: every trial finished; 1: some did not; 2: refused before anything started; 130: interrupted.
    """
    request = request_of(words)
    if words["dry_run"]:
        for line in summary_lines(request):
            click.echo(line)
        return
    launch(ctx, run_sweep, request, words)
