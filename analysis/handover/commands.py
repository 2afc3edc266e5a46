"""`fpray export` and `fpray archive`: results for others, as tables and rows, or all of a suite in one file."""

from __future__ import annotations

from pathlib import Path

import click

from fpray.cli.completion import suite_ids
from fpray.cli.suites import PATH, suites_option
from fpray.files import layout
from fpray.files.paths import short_path
from fpray.report.text import say, show_line


@click.command()
@click.argument("suite", metavar="SUITE", shell_complete=suite_ids)
@suites_option
@click.option(
    "--format", "form", type=click.Choice(["csv", "parquet", "json"]), default=None,
    help="the format (default: what the name of -o ends with, else csv)",
)  # fmt: skip
@click.option(
    "--recorder",
    is_flag=True,
    help=f"export the rows that clients recorded; as CSV, a {layout.DATA_CSV} for each trial",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=PATH,
    default=None,
    help=f"write this file; a directory for {layout.DATA_CSV}",
)
def export(suite: str, suite_directory: Path, form: str | None, output: Path | None, *, recorder: bool) -> None:
    """Export the trials of a suite, or all recorded rows.

    The formats are CSV, Parquet and JSON. SUITE is a suite, a suite directory of FrankenPaxos, or one of its
    results.csv files. CSV has FrankenPaxos's columns in its order, and the trials that finished; the other formats
    have all columns, and all trials that ended.
    """
    from fpray_analysis.handover.export import export as write  # Arrow takes a quarter of a second

    exported = write(suite, suite_directory, form=form or "", output=output, rows=recorder)
    for note in exported.notes:
        say(f"note: {note}")
    what = "row" if recorder else "trial"
    show_line(f"{short_path(exported.path)} has {exported.count:,} {what}{'s' * (exported.count != 1)}")


@click.command()
@click.argument("suite", metavar="[SUITE]", required=False, shell_complete=suite_ids)
@suites_option
@click.option("-o", "--output", metavar="FILE.tar.zst", type=PATH, default=None, help="write this file")
@click.option("--without-rows", is_flag=True, help="leave out the rows that clients recorded")
@click.option("--accept", metavar="FILE", multiple=True, help="take a file that looks as if it held a secret as it is")
@click.option("--verify", metavar="FILE", type=PATH, default=None, help="check the files of an archive by their hashes")
def archive(
    suite: str | None, suite_directory: Path, output: Path | None, accept: tuple[str, ...], verify: Path | None,
    *, without_rows: bool,
) -> None:  # fmt: skip
    """Put a suite into one file for others, or check such a file.

    Home directories are replaced by placeholders, and what looks like a secret is refused. The README in the archive
    says how to check it, and how to draw its figure again. `--verify FILE` unpacks nothing; its exit code is 1 if a
    file is missing, additional or changed, and 2 if FILE is no archive.
    """
    if verify is not None:
        _check_words(suite, output, accept, without_rows=without_rows)
        _verify(verify)
        return
    if suite is None:
        raise click.UsageError("Missing argument 'SUITE': name a suite, or an archive with --verify FILE")
    from fpray_analysis.handover.archive import archive as write

    archived = write(suite, suite_directory, output=output, rows=not without_rows, accept=accept)
    for note in archived.notes:
        say(f"note: {note}")
    places = sum(archived.replaced.values())
    show_line(f"{short_path(archived.path)} has {archived.files} files · SHA-256 {archived.sha256}")
    show_line(f"directories were replaced by placeholders at {places} places in {len(archived.replaced)} files")


def _check_words(suite: str | None, output: Path | None, accept: tuple[str, ...], *, without_rows: bool) -> None:
    """Refuse what has no meaning beside `--verify`."""
    words = {"SUITE": suite, "-o": output, "--accept": accept, "--without-rows": without_rows}
    if wrong := [word for word, value in words.items() if value]:
        raise click.UsageError(f"{', '.join(wrong)} has no meaning beside --verify FILE: leave it out")


def _verify(file: Path) -> None:
    from fpray_analysis.handover.verify import verify

    differences = verify(file)
    for kind, names in differences.by_kind().items():
        for name in names:
            show_line(f"{kind}: {name}")
    if differences.any:
        click.get_current_context().exit(1)
    show_line(f"{short_path(file)}: all {differences.files} files are as they were archived")
