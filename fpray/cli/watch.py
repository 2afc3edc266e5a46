"""`fpray status`, `attach` and `stop`: sweeps that run, seen from another terminal."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import click

from fpray.cli.completion import suite_ids
from fpray.cli.kinds import SECTIONS
from fpray.cli.launch_options import StatusPrinting
from fpray.cli.options import with_options
from fpray.cli.suites import head_option, suites_option
from fpray.files.paths import short_path
from fpray.report.attach import attach as attach_to
from fpray.report.status import status_lines, suite_states
from fpray.report.stop import stop as stop_sweep
from fpray.report.text import say, show_line, show_text
from fpray.store.find import find_suite, refuse_no_directory


@click.command()
@suites_option
@head_option
@with_options(StatusPrinting)
def status(suite_directory: Path, as_json: bool) -> None:
    """List the sweeps and searches, with progress or outcome."""
    refuse_no_directory(suite_directory)
    states = suite_states(suite_directory, SECTIONS, lambda why: say(why.explained()))
    if as_json:
        show_text(json.dumps([state.to_json() for state in states], indent=1) + "\n")
        return
    for line in status_lines(states):
        show_line(line)
    if not states:
        say(
            f"there are no results of fpray in {short_path(suite_directory)}. Start a sweep, such as fpray sweep"
            " multipaxos, or name another directory with -s"
        )


@click.command()
@click.argument("suite", shell_complete=suite_ids)
@suites_option
@head_option
@click.pass_context
def attach(ctx: click.Context, suite: str, suite_directory: Path) -> None:
    """Show the live display of a sweep until it ends.

    Ctrl-C ends the display; the sweep goes on. Exit code: the sweep's; 0 when you left before it ended.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    ctx.exit(attach_to(find_suite(suite, suite_directory), SECTIONS))


@click.command()
@click.argument("suite", shell_complete=suite_ids)
@suites_option
@head_option
def stop(suite: str, suite_directory: Path) -> None:
    """Stop a sweep, as Ctrl-C does.

    Nothing is left running, and the same command continues the sweep.
    """
    show_line(stop_sweep(find_suite(suite, suite_directory), SECTIONS))
