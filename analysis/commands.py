"""`fpray plot`, `report`, `table` and `why`: suites or published results as a figure, a page, a table, an answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from fpray.cli.completion import suite_ids
from fpray.cli.suites import PATH, profiled_option, suites_option
from fpray.errors import only_reading
from fpray.files.atomic import write_text
from fpray.files.paths import absolute, short_path
from fpray.plan.words import number_of
from fpray.report.text import say, show_line, show_text
from fpray_analysis.report.report_file import USUAL, check_file, write_file


@click.command()
@click.argument("suite", metavar="SUITE...", nargs=-1, required=True, shell_complete=suite_ids)
@suites_option
@click.option("--kind", metavar="KIND", default="", help="lt, scale, bars, heat, ecdf, hdr, speedup, time, search")
@click.option("--x", metavar="COLUMN", default="", help="what the horizontal axis shows")
@click.option("--y", metavar="COLUMN", default="", help="what the vertical axis shows")
@click.option("--by", metavar="COLUMN", multiple=True, help="a column that tells lines apart; may be repeated")
@click.option("--where", metavar="COLUMN=VALUE,...", multiple=True, help="draw only trials with one of these values")
@click.option("--label", metavar="SUITE=NAME", multiple=True, help="the name of a suite in the legend")
@click.option("--baseline", metavar="NAME", default="", help="divide the other series by this one (kind speedup)")
@click.option("--log", type=click.Choice(["x", "y", "xy"]), default=None, help="logarithmic axes")
@click.option("--title", metavar="TEXT", default="", help="a title above the figure")
@click.option("--width", metavar="CM", type=float, default=None, help="width in cm, from 6 to 60")
@click.option("--paper", is_flag=True, help="print size, a serif font, no title, no line below")
@profiled_option
@click.option("-o", "--output", metavar="FILE", type=PATH, default=None, help="write FILE.pdf, FILE.png or FILE.svg")
def plot(suite: tuple[str, ...], suite_directory: Path, output: Path | None, **words: object) -> None:
    """Draw a figure of one or several suites.

    SUITE is a suite, a suite directory of FrankenPaxos, or one of its results.csv files. The kind of the figure follows
    from what varies: latency over throughput (lt) where the load does, throughput over a parameter (scale) where only
    one number does, over two parameters (heat) where two do, else a bar for each configuration (bars). The distribution
    of latencies is drawn by ecdf and hdr, and one trial over time by time, from the rows that clients recorded.
    """
    from fpray_analysis.figures.draw import plot as draw  # matplotlib takes half a second
    from fpray_analysis.figures.words import figure_options, file_name
    from fpray_analysis.loading import load

    options = figure_options(words)
    results = load(suite, suite_directory)
    figure = draw(results, file := output or absolute(file_name(results)), options)
    for note in (*results.remarks, *figure.notes):
        show_line(f"note: {note}")
    show_line(f"{short_path(file)} is drawn ({figure.kind})")


@click.command()
@click.argument("suite", metavar="SUITE...", nargs=-1, required=True, shell_complete=suite_ids)
@suites_option
@click.option("-o", "--output", metavar="FILE", type=PATH, default=USUAL, help="write FILE.html (default: report.html)")
def report(suite: tuple[str, ...], suite_directory: Path, output: Path) -> None:
    """Write one HTML file about one or several suites.

    It needs no network, and has what ran on what, the answer of a search, failures and doubts, figures, a table of
    all trials, and the details of each. SUITE is a suite, a suite directory of FrankenPaxos, or one of its
    results.csv files.
    """
    from fpray_analysis.loading import load_stores  # pyarrow takes a quarter of a second
    from fpray_analysis.report.page import GENERATOR, make_page

    check_file(output, GENERATOR)
    stores = load_stores(suite, suite_directory)
    with only_reading():
        page = make_page(stores)
    write_file(output, page.html)
    for note in (*(remark for store in stores for remark in store.remarks), *page.notes):
        show_line(f"note: {note}")
    size = f"{len(page.html.encode()) / 1e6:.1f} MB"
    show_line(f"{short_path(output)} is written ({number_of(page.trials, 'trial')}, {size})")


@click.command()
@click.argument("suite", metavar="SUITE...", nargs=-1, required=True, shell_complete=suite_ids)
@suites_option
@click.option(
    "--format", "form", type=click.Choice(["latex", "markdown", "csv"]), default="markdown",
    help="the format (default: markdown)",
)  # fmt: skip
@click.option("--bound", metavar="'COLUMN<N'", multiple=True, help="also show the peak of what keeps this bound")
@click.option("--statistic", type=click.Choice(["mean", "median"]), default="mean", help="of repeats (default: mean)")
@click.option("--y", metavar="COLUMN", default="", help="what stands beside the peak (default: the median latency)")
@click.option("--by", metavar="COLUMN", multiple=True, help="a column that tells rows apart; may be repeated")
@click.option("--where", metavar="COLUMN=VALUE,...", multiple=True, help="take only trials with one of these values")
@profiled_option
@click.option("-o", "--output", metavar="FILE", type=PATH, default=None, help="write FILE instead of the terminal")
def table(suite: tuple[str, ...], suite_directory: Path, form: str, output: Path | None, **words: Any) -> None:
    """Make the table of a paper: the peak throughput of each series.

    Beside each peak stand its interval and the latency there. SUITE is as for `fpray plot`, and so is the choice of
    series: what varies beside the load. The interval is one of 95 % over repeats. With --bound, the table also has
    the peak among the configurations that keep the bound.
    """
    from fpray_analysis.figures.words import column_values
    from fpray_analysis.handover.new_file import check_place
    from fpray_analysis.loading import load_stores
    from fpray_analysis.result_set import Results
    from fpray_analysis.table.formats import FORMATS
    from fpray_analysis.table.peaks import TableOptions, peak_table

    options = TableOptions(
        y=words["y"],
        by=list(dict.fromkeys(words["by"])) or None,
        where=column_values(words["where"]),
        bounds=words["bound"],
        statistic=words["statistic"],
        profiled=words["profiled"],
    )
    stores = load_stores(suite, suite_directory)
    if output is not None:
        check_place(output, stores)
    peaks = peak_table(Results(stores), options)
    _print_or_write(FORMATS[form](peaks), peaks.notes if form == "csv" else (), output, f"{len(peaks.rows)} rows")


@click.command()
@click.argument("suite", metavar="SUITE...", nargs=-1, required=True, shell_complete=suite_ids)
@suites_option
@click.option(
    "--format", "form", type=click.Choice(["text", "markdown", "csv"]), default="text",
    help="the format (default: text)",
)  # fmt: skip
@click.option("--bound", metavar="'COLUMN<N'", multiple=True, help="take only peaks that keep this bound")
@click.option("--margin", metavar="SHARE", type=float, default=0.05, help="smaller effects are none (default: 0.05)")
@click.option("--x", metavar="COLUMN", default="", help="the throughput of which peaks are taken")
@click.option("--where", metavar="COLUMN=VALUE,...", multiple=True, help="take only trials with one of these values")
@profiled_option
@click.option("-o", "--output", metavar="FILE", type=PATH, default=None, help="write FILE instead of the terminal")
def why(suite: tuple[str, ...], suite_directory: Path, form: str, output: Path | None, **words: Any) -> None:
    """Say which role's addition moved the peak throughput.

    SUITE is as for `fpray plot`. Configurations are compared that differ in one parameter only, each at its peak over
    the load. Intervals hold for all of these steps at once. Parameters that change together are named, and nothing is
    attributed to one of them. Where trials say what limited them, each step says whether it added there.
    """
    from fpray_analysis.figures.words import column_values
    from fpray_analysis.handover.new_file import check_place
    from fpray_analysis.loading import load_stores
    from fpray_analysis.result_set import Results
    from fpray_analysis.why.formats import FORMATS
    from fpray_analysis.why.run import WhyOptions
    from fpray_analysis.why.run import why as answer_of

    options = WhyOptions(
        x=words["x"],
        where=column_values(words["where"]),
        bounds=words["bound"],
        margin=words["margin"],
        profiled=words["profiled"],
    )
    stores = load_stores(suite, suite_directory)
    if output is not None:
        check_place(output, stores)
    answer = answer_of(Results(stores), options)
    size = number_of(len(answer.roles) + len(answer.others), "step")
    _print_or_write(FORMATS[form](answer), answer.notes if form == "csv" else (), output, size)


def _print_or_write(text: str, notes: Sequence[str], output: Path | None, size: str) -> None:
    """Print a text, or write it into a file. notes: what it does not say itself; size: what is in it, in words."""
    from fpray_analysis.handover.new_file import writing

    for note in notes:
        say(f"note: {note}")
    if output is None:
        show_text(text)
        return
    with writing(output):
        write_text(output, text)
    show_line(f"{short_path(output)} has {size}")
