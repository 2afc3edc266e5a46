"""The code blocks of README.md and docs/: commands are accepted, what needs no machine is run, Python is Python."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from fpray.cli.main import main
from tests.conftest import cli

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def _blocks(document: Path, *languages: str) -> Iterator[str]:
    """The fenced blocks of these languages; the empty one is a shell session or output."""
    for language, text in re.findall(r"^ *```(\w*)\n(.*?)^ *```", document.read_text(), re.MULTILINE | re.DOTALL):
        if language in languages:
            yield text


def _commands() -> Iterator[Any]:
    """(document, words) of each line that calls fpray, continuation lines joined."""
    for document in DOCUMENTS:
        for block in _blocks(document, "", "sh", "bash", "console"):
            for line in block.replace("\\\n", " ").splitlines():
                match = re.match(r"\s*(?:\$ )?(?:[A-Z_]+=\S+ )*(fpray [a-z]+ .*)", line)
                if match and not re.search(r"(?:^|\s)(?:PROTOCOL|NAME|SUITE|\.\.\.|·)(?:\s|$)", match[1]):
                    words = shlex.split(match[1], comments=True)[1:]
                    yield pytest.param(words, id=f"{document.name}: {' '.join(words)[:70]}")


@pytest.mark.parametrize("words", list(_commands()))
def test_a_command_that_a_document_shows_is_accepted(words: list[str]) -> None:
    """B4: also those that need a cluster, AWS or another machine: nothing is started here."""
    words = words[: next((i for i, word in enumerate(words) if word in ("|", "&&", ">", ";")), len(words))]
    command = main.get_command(click.Context(main), words[0])
    assert command is not None, words
    with click.Context(main, info_name="fpray") as parent:
        parser = command.make_parser(click.Context(command, parent=parent, info_name=words[0]))
        parser.parse_args(args=list(words[1:]))


def test_the_dry_run_of_the_readme_prints_what_the_readme_shows() -> None:
    """B4: output is compared where it is shown and does not depend on the machine."""
    block = next(block for block in _blocks(ROOT / "README.md", "") if "--dry-run" in block)
    lines = block.splitlines()
    at = next(i for i, line in enumerate(lines) if "--dry-run" in line)
    command, shown = lines[at], lines[at + 1]
    assert shown in cli(*shlex.split(command)[2:]).output.splitlines()


def test_the_mistakes_of_the_readme_are_refused_as_it_shows() -> None:
    """B4: all of them at once."""
    block = next(block for block in _blocks(ROOT / "README.md", "") if "num_batcherz" in block)
    command, _, shown = block.partition("\n")
    done = cli(*shlex.split(command)[2:], "--dry-run")
    assert done.exit_code == 2
    assert done.output == shown


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_python_of_a_document_is_python(document: Path) -> None:
    for block in _blocks(document, "python"):
        lines = block.splitlines()
        indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        compile("\n".join(line[indent:] for line in lines), document.name, "exec")


def test_the_study_of_the_readme_is_a_study(tmp_path: Path) -> None:
    """B4: `mine.py`, with the command that its first line names."""
    (block,) = (block for block in _blocks(ROOT / "README.md", "python") if "STUDY =" in block)
    (tmp_path / "mine.py").write_text(block)
    done = cli("sweep", "unreplicated", "--study", str(tmp_path / "mine.py"), "--dry-run")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("2 trials")


def test_the_sweep_of_the_readme_is_accepted() -> None:
    """B4: the README's own Python example was refused: a timeout shorter than the duration."""
    from fpray.driver.check import check_sweep

    (block,) = (block for block in _blocks(ROOT / "README.md", "python") if "fpray.sweep(" in block)
    (call,) = re.findall(r"fpray\.sweep\((.*)\)", block)
    protocol, options = eval(f"(lambda protocol, **options: (protocol, options))({call})")
    assert len(check_sweep(protocol, options).trials) == 9
