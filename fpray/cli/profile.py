"""`fpray profile`: in which functions the processes of a trial spent their time."""

from __future__ import annotations

from pathlib import Path

import click

from fpray.cli.completion import suite_ids
from fpray.cli.suites import suites_option
from fpray.files.paths import short_path
from fpray.report.text import say


@click.command()
@click.argument("trial", metavar="SUITE/TRIAL", shell_complete=suite_ids)
@click.argument("role", required=False)
@click.option("--against", metavar="SUITE/TRIAL", default=None, help="print what differs from this trial")
@click.option("--top", "most", metavar="N", type=click.IntRange(1, 1000), default=15, help="print N functions")
@click.option("--open", "opens", is_flag=True, help="open the flame graph of ROLE, or of each role, in a browser")
@suites_option
def profile(
    trial: str, role: str | None, suite_directory: Path, *, against: str | None, most: int, opens: bool
) -> None:
    """Print the functions in which a profiled trial spent its time.

    ROLE is a role, or the label of one process; without it, print all roles. A trial is profiled by fpray sweep -p.
    """
    from fpray.profiles.trial_profile import read_profile, write_flame_graph
    from fpray.profiles.words import show_difference, show_profile

    mine = read_profile(trial, suite_directory, role)
    if against is not None:
        show_difference(mine, read_profile(against, suite_directory, role), most)
    else:
        show_profile(mine, most)
    if opens:
        import webbrowser

        for name in dict.fromkeys(part.role for part in mine.parts):
            try:
                file = write_flame_graph(mine, name)
            except OSError as error:
                say(f"note: the flame graph of {name} cannot be written: {error.strerror}. Copy the suite first")
                continue
            if not webbrowser.open(file.absolute().as_uri()):
                say(f"note: {short_path(file)} cannot be opened in a browser here: copy it to a machine that has one")
