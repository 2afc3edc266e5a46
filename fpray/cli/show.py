"""`fpray show`: a suite or a trial, from disk."""

from __future__ import annotations

from pathlib import Path

import click

from fpray.cli.suites import head_option, suites_option
from fpray.report.show import show as show_suite
from fpray.report.text import show_line
from fpray.searching.section import SearchSection
from fpray.store.find import find_suite
from fpray.study.search_study import Search


@click.command()
@click.argument("suite", metavar="SUITE[/TRIAL]")
@suites_option
@head_option
@click.option("--figure", multiple=True, metavar="FILE", help="draw a search as FILE.png, FILE.svg or FILE.html")
def show(suite: str, suite_directory: str, figure: tuple[str, ...]) -> None:
    """Show the trials of a suite, or the processes of one trial.

    The suite of a search also shows the best configuration.
    """
    root = Path(suite_directory).expanduser()
    if not figure:
        show_suite(suite, root, {Search.command: SearchSection()})
        return
    from fpray.searching.figures.draw import draw  # matplotlib and Optuna take a second

    for file in figure:
        draw(find_suite(suite.rstrip("/"), root), Path(file).expanduser())
        show_line(f"{file} is drawn")
