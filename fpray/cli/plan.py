"""`fpray plan`."""

from __future__ import annotations

import json
from typing import Any

import click

from fpray.cli.options import plan_options
from fpray.cli.request import request_of
from fpray.driver.dry_run import plans, text


@click.command()
@plan_options
@click.option("--json", "as_json", is_flag=True, help="print the plans as a JSON list")
def plan(as_json: bool, **words: Any) -> None:
    """Show the files and processes of each trial of a sweep.

    Needs neither Ray nor Java.
    """
    request = request_of(words)
    if as_json:
        click.echo(json.dumps(plans(request), indent=1))
    else:
        for line in text(request):
            click.echo(line)
