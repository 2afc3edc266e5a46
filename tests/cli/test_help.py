"""`fpray --help` has a line for each command, of the command's own words, and imports none of them."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from fpray.cli.main import main
from fpray.cli.option_groups import Grouped, GroupedOption, group_of
from fpray.driver.option import Group
from tests.conftest import cli


def test_each_line_is_the_beginning_of_the_commands_own_help() -> None:
    summaries = cli("--help").output.partition("Commands:\n")[2].splitlines()
    lines = {line.split()[0]: " ".join(line.split()[1:]) for line in summaries}
    assert lines.keys() == set(main.list_commands(click.Context(main)))
    for name, line in lines.items():
        own = " ".join(cli(name, "--help").output.split())
        assert line.removesuffix("...") in own
        assert not line.endswith("..."), f"the first sentence of fpray {name} --help is too long for a line"


def test_a_command_is_imported_when_it_is_invoked() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from fpray.cli.main import main;"
        "CliRunner().invoke(main, [sys.argv[1], '--help']);"
        "print(*sorted(m.rpartition('.')[2] for m in sys.modules if m.startswith('fpray.cli.')))"
    )

    def imported(word: str) -> set[str]:
        done = subprocess.run([sys.executable, "-c", code, word], capture_output=True, text=True, check=True)
        return set(done.stdout.split())

    assert imported("--help") == {"main"}
    assert "plan" in imported("plan")
    assert not {"sweep", "search", "watch", "show", "debug"} & imported("plan")


def test_a_misspelt_command_is_answered_with_the_nearest() -> None:
    done = cli("statsu")
    assert done.exit_code == 2
    assert "status" in done.output


def test_the_example_of_a_search_keeps_its_lines() -> None:
    lines = [line.strip() for line in cli("search", "--help").output.splitlines()]
    at = lines.index("fpray search multipaxos --maximize write_output.measured.throughput \\")
    assert lines[at + 1] == "--subject-to 'write_output.measured.latency.p99_ms<=5' \\"
    assert lines[at - 1] == ""


def test_commands_stand_in_the_order_of_use_in_whole_lines() -> None:
    """E8: 80 columns cut 9 of 11 lines; there was no example."""
    text = cli("--help").output
    assert not [line for line in text.splitlines()[1:] if line.endswith("...")]
    assert max(map(len, text.splitlines())) <= 80
    assert main.list_commands(click.Context(main))[:6] == ["protocols", "studies", "plan", "sweep", "search", "show"]
    assert "  fpray sweep multipaxos --dry-run" in text


@pytest.mark.parametrize("name", ["plan", "sweep", "search"])
def test_options_stand_in_groups_and_each_has_a_help(name: str) -> None:
    """E8: `sweep --help` is 31 options in one list."""
    parent = click.Context(main, **main.context_settings)
    command = main.get_command(parent, name)
    assert isinstance(command, Grouped)
    context = click.Context(command, parent=parent)
    options = [option for option in command.get_params(context) if isinstance(option, click.Option)]
    without = [option.name for option in options if not option.hidden and not isinstance(option, GroupedOption)]
    help_option = command.get_help_option(context)
    assert without == [help_option.name if help_option else ""]
    assert [option.name for option in options if not option.hidden and not option.help] == []
    lines = cli(name, "--help").output.splitlines()
    headings = [line.removesuffix(":") for line in lines if line.endswith(":") and not line.startswith(" ")]
    assert headings == [group.value for group in Group if group in {group_of(o) for o in options if not o.hidden}]
    assert not [line for line in lines if line.strip() == "PROTOCOL"], "an argument stands among the options"
