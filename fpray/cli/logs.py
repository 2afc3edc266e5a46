"""`fpray logs`: the output of a process of a trial."""

from __future__ import annotations

import signal
from pathlib import Path

import click

from fpray.cli.completion import suite_ids
from fpray.cli.suites import head_option, suites_option
from fpray.files.printable import printable_lines
from fpray.report.logs import labels, read_log
from fpray.report.remote_files import remote_reader
from fpray.report.text import show_line, show_text
from fpray.store.find import find_trial


@click.command()
@click.argument("trial", metavar="SUITE/TRIAL", shell_complete=suite_ids)
@click.argument("label", required=False)
@click.option("-f", "--follow", is_flag=True, help="continue while the process runs")
@suites_option
@head_option
def logs(trial: str, label: str | None, follow: bool, suite_directory: Path) -> None:
    """Print the output of a process of a trial.

    Without LABEL, list the processes.
    """
    suite, directory = find_trial(trial, suite_directory)
    if label is None:
        for name in labels(directory):
            show_line(name)
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing to clean up
    with remote_reader(suite) as remote:
        for text in printable_lines(read_log(directory, label, follow=follow, remote=remote)):
            show_text(text)
