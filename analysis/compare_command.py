"""`fpray compare`: two sides of suites, point by point, with verdicts that hold for all points at once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fpray.cli.completion import suite_ids
from fpray.cli.suites import PATH, suites_option
from fpray.errors import Refused, only_reading, refuse_if_any
from fpray.files.paths import absolute, short_path
from fpray.files.shown import in_brief
from fpray.report.text import say, show_line

if TYPE_CHECKING:
    from fpray_analysis.comparison import Comparison
    from fpray_analysis.comparison.fail_if import Condition

_FAIL_IF = "exit with 1 if the interval of B/A lies wholly below RATIO (or above: >), over all pairs, or of any: pair"


@click.command()
@click.argument("a", metavar="A", shell_complete=suite_ids)
@click.argument("b", metavar="B", shell_complete=suite_ids)
@suites_option
@click.option(
    "--margin", metavar="SHARE", type=float, default=0.01, help="differences below it are none (default: 0.01)"
)
@click.option("--where", metavar="COLUMN=VALUE,...", multiple=True, help="compare only trials with one of these values")
@click.option("--ignore", metavar="PARAMETER", multiple=True, help="pair trials whatever this parameter is")
@click.option("--fail-if", metavar="[any:]COLUMN<RATIO", multiple=True, help=_FAIL_IF)
@click.option("--json", "as_json", is_flag=True, help="print one JSON object on standard output")
@click.option("-o", "--output", metavar="FILE", type=PATH, default=None, help="draw ratios in FILE.pdf, .png or .svg")
@click.pass_context
def compare(ctx: click.Context, /, a: str, b: str, suite_directory: Path, **words: Any) -> None:
    """Compare suites point by point: is B faster or slower than A?

    A and B are each a suite, a suite directory of FrankenPaxos, or one of its results.csv files; or several of them
    with commas between. Trials are paired by the parameters that both sides have. Intervals hold for all pairs at
    once: of equal suites, at most 5 % of comparisons call anything faster or slower.
    """
    from fpray_analysis.comparison.fail_if import read_conditions, unknown_columns
    from fpray_analysis.comparison.run import compare as run
    from fpray_analysis.comparison.words import show_comparison
    from fpray_analysis.figures.ratios import problems_of_file, write_figure  # numpy and pyarrow take a while
    from fpray_analysis.word_pairs import where_words

    conditions, problems = read_conditions(words["fail_if"])
    where = where_words(words["where"], problems)
    output: Path | None = words["output"]
    problems += problems_of_file(output)
    selection = {"where": where, "ignore": words["ignore"], "root": suite_directory}
    with only_reading():
        try:
            comparison = run(_sources(a), _sources(b), words["margin"], **selection)
        except Refused as refused:
            raise Refused(*dict.fromkeys([*problems, *refused.problems])) from None
        refuse_if_any([*problems, *unknown_columns(conditions, comparison)])
        if output is not None:
            write_figure(comparison, output)
    if words["as_json"]:
        show_line(json.dumps(comparison.to_json(), allow_nan=False))
    else:
        show_comparison(comparison)
    if output is not None:
        say(f"{short_path(output)} is drawn")
    ctx.exit(int(_fails(conditions, comparison)))


def _fails(conditions: Iterable[Condition], comparison: Comparison) -> bool:
    """Whether a condition is met; says which, and which cannot be judged."""
    is_met = False
    for condition in conditions:
        if condition.is_met(comparison):
            is_met = True
            say(f"--fail-if {in_brief(condition.text)} holds: exit code 1")
        elif condition.is_open(comparison):
            say(f"--fail-if {in_brief(condition.text)} is not judged: there is no interval")
    return is_met


def _sources(text: str) -> list[str]:
    """The suites of a side; a path with a comma is one."""
    return [text] if absolute(text).exists() else [part for part in text.split(",") if part.strip()] or [text]
