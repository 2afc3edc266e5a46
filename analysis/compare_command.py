"""`fpray compare`: two sides of suites, point by point, with verdicts that hold at once; or a history of versions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from fpray.cli.completion import suite_ids
from fpray.cli.suites import PATH, profiled_option, suites_option
from fpray.errors import Cause, Problem, Refused, only_reading, refuse_if_any
from fpray.files.paths import absolute, short_path
from fpray.files.shown import in_brief
from fpray.report.text import say, show_line

if TYPE_CHECKING:
    from fpray_analysis.comparison import Comparison
    from fpray_analysis.comparison.fail_if import Condition

_SIDES: Final = 2
_HOW_MANY: Final = "several suites of one side have commas between; --history takes successive versions"
_FAIL_IF: Final = (
    "exit with 1 if the interval of B/A lies wholly below RATIO (or above: >), over all pairs, or of any: pair"
)


@click.command()
@click.argument("suites", metavar="A B", nargs=-1, required=True, shell_complete=suite_ids)
@suites_option
@click.option("--history", is_flag=True, help="take suites of successive versions, and find where figures change")
@click.option(
    "--margin", metavar="SHARE", type=float, default=0.01, help="differences below it are none (default: 0.01)"
)
@click.option("--where", metavar="COLUMN=VALUE,...", multiple=True, help="compare only trials with one of these values")
@click.option("--ignore", metavar="PARAMETER", multiple=True, help="pair trials whatever this parameter is")
@click.option("--fail-if", metavar="[any:]COLUMN<RATIO", multiple=True, help=_FAIL_IF)
@profiled_option
@click.option("--json", "as_json", is_flag=True, help="print one JSON object on standard output")
@click.option("-o", "--output", metavar="FILE", type=PATH, default=None, help="draw ratios in FILE.pdf, .png or .svg")
@click.pass_context
def compare(
    ctx: click.Context, /, suites: tuple[str, ...], suite_directory: Path, *, history: bool, **words: Any
) -> None:
    """Compare suites point by point: is B faster or slower than A?

    A and B are each a suite, a suite directory of FrankenPaxos, or one of its results.csv files; or several of them
    with commas between. Trials are paired by the parameters that both sides have. Intervals hold for all pairs at
    once: of equal suites, at most 5 % of comparisons call anything faster or slower.

    With --history there are five or more instead of A and B, in the order of their versions. It says between which
    of them a figure changed, and by how much.
    """
    from fpray_analysis.comparison.fail_if import read_conditions
    from fpray_analysis.figures.files import problems_of_file  # numpy and pyarrow take a while
    from fpray_analysis.word_pairs import where_words

    conditions, problems = read_conditions(words["fail_if"])
    where = where_words(words["where"], problems)
    problems += problems_of_file(words["output"])
    selection = {name: words[name] for name in ("margin", "ignore", "profiled")}
    selection |= {"where": where, "root": suite_directory}
    if history:
        if conditions:
            problems.append(Problem("--fail-if", "has no meaning with --history: leave it out", Cause.OPTION))
        _show_history(suites, selection, problems, words["output"], as_json=words["as_json"])
        return
    if len(suites) != _SIDES:
        problems.append(Problem("A B", f"are two, and there are {len(suites)}: {_HOW_MANY}", Cause.OPTION))
        raise Refused(*problems)
    comparison = _compared(suites, selection, problems, conditions, words["output"])
    if words["as_json"]:
        show_line(json.dumps(comparison.to_json(), allow_nan=False))
    else:
        _show(comparison)
    _say_drawn(words["output"])
    ctx.exit(int(_fails(conditions, comparison)))


def _compared(
    suites: Sequence[str], selection: Mapping[str, Any], problems: list[Problem], conditions: Sequence[Condition],
    output: Path | None,
) -> Comparison:  # fmt: skip
    from fpray_analysis.comparison.fail_if import unknown_columns
    from fpray_analysis.comparison.run import compare as run
    from fpray_analysis.figures.ratios import write_figure

    with only_reading():
        with _all_at_once(problems):
            a, b = map(_sources, suites)
            comparison = run(a, b, **selection)
        refuse_if_any([*problems, *unknown_columns(conditions, comparison)])
        if output is not None:
            write_figure(comparison, output)
    return comparison


def _show(comparison: Comparison) -> None:
    from fpray_analysis.comparison.words import show_comparison

    show_comparison(comparison)


def _show_history(
    suites: Sequence[str], selection: Mapping[str, Any], problems: list[Problem], output: Path | None, *, as_json: bool
) -> None:
    from fpray_analysis.figures.history_chart import write_history
    from fpray_analysis.histories.run import history
    from fpray_analysis.histories.words import show_history

    with only_reading():
        with _all_at_once(problems):
            result = history([*map(_sources, suites)], **selection)
        refuse_if_any(problems)
        if output is not None:
            write_history(result, output)
    if as_json:
        show_line(json.dumps(result.to_json(), allow_nan=False))
    else:
        show_history(result)
    _say_drawn(output)


def _say_drawn(output: Path | None) -> None:
    if output is not None:
        say(f"{short_path(output)} is drawn")


@contextmanager
def _all_at_once(problems: Sequence[Problem]) -> Iterator[None]:
    """Problems of the command line, and those of what is loaded in the block, in one refusal."""
    try:
        yield
    except Refused as refused:
        raise Refused(*dict.fromkeys([*problems, *refused.problems])) from None


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
