"""An option is stated once: a field of an options class, from which the command line, Python and the docs come."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_type_hints

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

import fpray
from fpray.cli.option_groups import Grouped
from fpray.cli.options import given_options, options_of
from fpray.driver.check import check
from fpray.driver.choose_suite import choose_suite
from fpray.driver.means import check_sweep
from fpray.driver.option import Completion, Group, Option, documentation, fields, named, pick, signature
from fpray.driver.option_checks import at_least
from fpray.driver.options import SweepOptions
from fpray.driver.read_options import Words, read_options
from fpray.errors import Problem, Refused
from fpray.searching.options import SearchOptions
from tests.conftest import cli
from tests.repository.options_table import table


def _not_with_pilot(values: Mapping[str, Any]) -> Iterator[Problem]:
    if values["luck"] is not None and values["pilot"]:
        yield Problem("--luck", "means nothing in a pilot")


class Lucky(SweepOptions, total=False):
    """The options of `fpray sweep`, and one more, which this file states here and nowhere else."""

    luck: Annotated[
        int | None,
        Option(
            "wish for N",
            Group.MEASUREMENTS,
            default_words="no wish",
            completion=Completion.PARAMETERS,
            metavar="N",
            check=at_least(1),
            conflicts=_not_with_pilot,
        ),
    ]


@click.command(cls=Grouped)
@options_of(Lucky)
def lucky(**words: Any) -> None:
    """A command that prints what it was given."""
    click.echo(json.dumps(given_options(Lucky, words)["luck"]))


def test_the_command_line_has_it() -> None:
    assert CliRunner().invoke(lucky, ["unreplicated", "--luck", "7"]).output == "7\n"
    assert "is not a valid integer" in CliRunner().invoke(lucky, ["unreplicated", "--luck", "x"]).output


def test_help_lists_it_under_its_heading_with_its_default() -> None:
    text = CliRunner().invoke(lucky, ["--help"]).output
    sections = dict(section.split(":\n", 1) for section in text.split("\n\n") if ":\n" in section)
    assert "--luck N  wish for N [default: no wish]" in _in_one_line(sections.pop("Measurements"))
    assert not [heading for heading, options in sections.items() if "--luck" in options]


def _in_one_line(text: str) -> str:
    return re.sub(r"(--luck N) +", r"\1  ", " ".join(text.split()))


def test_the_shell_completes_its_value() -> None:
    offered = ShellComplete(lucky, {}, "lucky", "_LUCKY_COMPLETE").get_completions(["unreplicated", "--luck"], "jvm")
    assert "jvm_heap_size=" in [item.value for item in offered]


def test_an_option_without_a_group_is_refused() -> None:
    with pytest.raises(TypeError, match="group"):
        Option("wish for N")  # type: ignore[call-arg]


def test_python_has_it_with_its_type_and_default() -> None:
    parameter = signature(Lucky, "SweepResult", "protocol").parameters["luck"]
    assert (parameter.kind, parameter.default, parameter.annotation) == (
        inspect.Parameter.KEYWORD_ONLY,
        None,
        "int | None",
    )
    assert "    luck: wish for N  [default: no wish]" in documentation(Lucky).splitlines()


def test_it_is_checked_beside_all_others() -> None:
    values, problems = read_options(Lucky, {"luck": 0, "pilot": True, "parallel": 0})
    assert values["luck"] == 0
    assert [problem.about for problem in problems] == ["--parallel 0", "--luck 0", "--luck"]
    with pytest.raises(Refused, match="--luck 0"):
        check(Words.read(Lucky, "unreplicated", {"luck": 0}, ""))
    with pytest.raises(TypeError, match=r"there is no option lucky; did you mean luck\?"):
        read_options(Lucky, {"lucky": 1})


def test_the_suite_and_the_readme_have_it(tmp_path: Any) -> None:
    options = {"luck": 7, "suite_directory": tmp_path, "jar": "reference"}
    suite = choose_suite(check(Words.read(Lucky, "unreplicated", options, "")))
    assert json.loads((suite.path / "args.json").read_text())["luck"] == 7
    assert "| `--luck N` | wish for N (default: no wish) |" in list(table(lucky))


def test_a_suite_with_a_value_of_another_type_is_named(tmp_path: Any) -> None:
    options = {"suite_directory": tmp_path, "jar": "reference"}
    suite = choose_suite(check_sweep("unreplicated", options)).path
    content = json.loads((suite / "suite.json").read_text())
    (suite / "suite.json").write_text(json.dumps(content | {"jvm_args": {"server": 5}}))
    with pytest.raises(Refused, match=r"suite\.json is damaged: jvm_args\.server must be a list, not 5"):
        choose_suite(check_sweep("unreplicated", options | {"suite_directory": suite}))


def test_a_small_command_has_the_option_of_a_sweep_with_what_it_states_otherwise() -> None:
    item, same = fields(pick(SweepOptions, address={"multiple": False}, local={}))
    assert (item.words, item.option.multiple, named(SweepOptions, "address").option.multiple) == (
        ("-a", "--address"),
        False,
        True,
    )
    assert same == named(SweepOptions, "local")


@pytest.mark.parametrize(("function", "options"), [(fpray.sweep, SweepOptions), (fpray.search, SearchOptions)])
def test_help_and_completion_show_each_option(function: Any, options: type) -> None:
    parameters = inspect.signature(function).parameters
    assert list(parameters) == ["protocol", *(item.name for item in fields(options))]
    for item in fields(options):
        assert parameters[item.name].default == item.option.default
        assert item.option.help_and_default in function.__doc__
    assert all(parameter.annotation is not inspect.Parameter.empty for parameter in parameters.values())


@pytest.mark.parametrize("function", [fpray.sweep, fpray.search])
def test_type_hints_name_a_type_that_exists(function: Any) -> None:
    assert get_type_hints(function)["return"].__name__ == inspect.signature(function).return_annotation


def test_a_script_that_sweeps_does_not_wait_for_optuna() -> None:
    code = "import sys, fpray; fpray.sweep; print('optuna' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_parallel_options_that_cannot_be_are_refused() -> None:
    done = cli("sweep", "unreplicated", "--parallel", "0", "--order", "largest", "--local")
    assert done.exit_code == 2
    assert "--parallel 0" in done.stderr
    assert "--order largest" in done.stderr
    assert "did you mean largest-first?" in done.stderr
    done = cli("sweep", "unreplicated", "--share-machines", "--local")
    assert "needs the number of trials that share the machines: add --parallel, such as --parallel 2" in done.stderr
