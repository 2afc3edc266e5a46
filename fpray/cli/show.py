"""`fpray show`: a suite or a trial, from disk."""

from __future__ import annotations

from pathlib import Path

import click

from fpray.cli.completion import suite_ids
from fpray.cli.kinds import SECTIONS
from fpray.cli.suites import PATH, head_option, suites_option
from fpray.files.paths import short_path
from fpray.report.show import show as show_suite
from fpray.report.text import show_line
from fpray.store.find import find_suite, newest_suite


@click.command()
@click.argument("suite", metavar="[SUITE[/TRIAL]]", required=False, shell_complete=suite_ids)
@suites_option
@head_option
@click.option(
    "--figure", type=PATH, multiple=True, metavar="FILE", help="draw a search as FILE.png, FILE.svg or FILE.html"
)
def show(suite: str | None, suite_directory: Path, figure: tuple[Path, ...]) -> None:
    """Show the trials of a suite, or the processes of one trial.

    Without SUITE, show the newest suite. Of a search, also show the best configuration.
    """
    suite = suite or str(newest_suite(suite_directory).path)
    if not figure:
        show_suite(suite, suite_directory, SECTIONS)
        return
    from fpray.searching.figures.draw import draw  # matplotlib and Optuna take a second

    for file in figure:
        draw(find_suite(suite, suite_directory), file)
        show_line(f"{short_path(file)} is drawn")
