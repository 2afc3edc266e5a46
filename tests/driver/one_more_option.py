"""fpray with one more option, which is added to the real options class: prints all places where fpray has it then.

`python -m tests.driver.one_more_option DIRECTORY`: a process of its own, since fpray reads its options when it is
imported. The suites are new ones in DIRECTORY.
"""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any
from unittest.mock import patch

from click.shell_completion import ShellComplete
from click.testing import CliRunner

from fpray.driver.option import Compared, Group, Option
from fpray.driver.option_checks import at_least
from fpray.driver.run_options import RunOptions

# The one place.
RunOptions.__annotations__["luck"] = Annotated[
    int | None,
    Option(
        "wish for N",
        Group.MEASUREMENTS,
        default_words="no wish",
        metavar="N",
        check=at_least(1),
        compared=Compared(),
    ),
]


def run(*words: str) -> list[Any]:
    """The exit code and the output of `fpray WORDS`, in one line."""
    from fpray.cli.main import main

    done = CliRunner().invoke(main, words)
    return [done.exit_code, " ".join(done.output.split())]


def new_suite(directory: Path, **options: Any) -> Path:
    """The suite that `fpray.sweep` begins; what would run its trials only chooses the suite here."""
    import fpray
    from fpray.driver.choose_suite import choose_suite

    suites: list[Path] = []

    def begin(experiment: Any) -> Any:
        suites.append(choose_suite(experiment).path)
        return SimpleNamespace(interrupted=False)

    with patch("fpray.driver.api.run_sweep", begin):
        fpray.sweep("unreplicated", suite_directory=directory, **options)
    return suites[0]


def python_has(name: str) -> list[Any]:
    """What `inspect.signature` and `help` show of it."""
    import fpray

    function = getattr(fpray, name)
    parameter = inspect.signature(function).parameters["luck"]
    return [str(parameter), "luck: wish for N  [default: no wish]" in function.__doc__]


def completed(command: str) -> list[str]:
    """The words that the shell offers after `fpray COMMAND unreplicated --lu`."""
    from fpray.cli.main import main

    shell = ShellComplete(main, {}, "fpray", "_FPRAY_COMPLETE")
    return [item.value for item in shell.get_completions([command, "unreplicated"], "--lu")]


def readme_rows() -> list[str]:
    """Its rows in the README's tables."""
    from tests.repository.options_table import README, with_tables

    return [line for line in with_tables(README.read_text()).splitlines() if "--luck" in line]


def places(directory: Path) -> dict[str, Any]:
    """Everything that was looked at."""
    lucky, plain = new_suite(directory, luck=7), new_suite(directory)

    def continued(suite: Path, *words: str) -> list[Any]:
        return run("sweep", "unreplicated", "--dry-run", "-s", str(suite), *words)

    return {
        "help": {command: run(command, "--help") for command in ("sweep", "search")},
        "python": {name: python_has(name) for name in ("sweep", "search")},
        "completion": {command: completed(command) for command in ("sweep", "search")},
        "readme": readme_rows(),
        "refused": run("sweep", "unreplicated", "--luck", "0"),
        "suites": {"lucky": str(lucky), "plain": str(plain)},
        "continued": {
            "lucky with 7": continued(lucky, "--luck", "7"),
            "lucky with 8": continued(lucky, "--luck", "8"),
            "lucky without": continued(lucky),
            "lucky with 8, accepted": continued(lucky, "--luck", "8", "--accept-change"),
            "plain with 3": continued(plain, "--luck", "3"),
            "plain without": continued(plain),
        },
    }


if __name__ == "__main__":
    print(json.dumps(places(Path(sys.argv[1]))))
