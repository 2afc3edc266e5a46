"""`fpray search`: looks for the best configuration under bounds."""

from __future__ import annotations

from typing import Any

import click

from fpray.cli.launch import launch, typed_command
from fpray.cli.launch_options import launch_options
from fpray.cli.option_groups import Grouped
from fpray.cli.options import given_options, options_of
from fpray.report.text import show_line
from fpray.searching.experiment import check_search
from fpray.searching.options import SearchOptions
from fpray.searching.preview import preview_lines
from fpray.searching.run import run_search


@click.command(cls=Grouped)
@options_of(SearchOptions)
@launch_options
@click.pass_context
def search(ctx: click.Context, /, **words: Any) -> None:
    """Find the best configuration of PROTOCOL under bounds.

    It takes few trials. The same command continues a search.

    \b
    fpray search multipaxos --maximize write_output.measured.throughput \\
        --subject-to 'write_output.measured.latency.p99_ms<=5' \\
        --space num_clients_per_proc=1..1024:log --space num_proxy_leaders=2..10

    Exit code 0: a configuration keeps the bounds; 1: none was found; 2: refused before anything started; 130:
    interrupted.
    """
    experiment = check_search(words["protocol"], given_options(SearchOptions, words), typed_command())
    if words["dry_run"]:
        for line in preview_lines(experiment):
            show_line(line)
        return
    launch(ctx, run_search, experiment, words)
