"""`fpray search`."""

from __future__ import annotations

from typing import Any

import click

from fpray.cli.launch import launch
from fpray.cli.options import search_options
from fpray.cli.request import request_of
from fpray.searching.messages import preview_line
from fpray.searching.request import SearchRequest
from fpray.searching.run import run_search
from fpray.study.grid import key_values

# Options of a search alone, which its request has under the same names.
_OWN = (
    "maximize", "minimize", "subject_to", "sampler", "storage", "stop_at", "confirm", "seed", "budget_trials",
    "budget_minutes", "budget_dollars", "price_per_machine_hour",
)  # fmt: skip


@click.command()
@search_options
@click.pass_context
def search(ctx: click.Context, /, **words: Any) -> None:
    """Find the best configuration of PROTOCOL under bounds.

    It takes few trials. The same command continues a search.

    \b
    fpray search multipaxos --maximize write_output.measured.throughput \\
        --subject-to 'write_output.measured.latency.p99_ms<=5' \\
        --space num_clients_per_proc=1..1024:log --space num_proxy_leaders=2..10

    Exit code 0: a configuration meets the bounds; 1: none was found; 2: refused before anything started; 130:
    interrupted.
    """
    space, wrong = key_values("--space", words["space"])
    more = {name: words[name] for name in _OWN}
    request = request_of(words, SearchRequest, wrong_words=wrong, space=space, **more)
    if words["dry_run"]:
        click.echo(preview_line(request))
        return
    launch(ctx, run_search, request, words)
