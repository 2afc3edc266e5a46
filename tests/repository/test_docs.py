"""The documents: links that lead somewhere, every command named, options that exist."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest

from fpray.cli.main import main
from fpray.protocol import Protocol, Role
from tests.conftest import cli
from tests.repository.architecture_page import PAGE, PICTURE, page, picture
from tests.repository.language import texts
from tests.repository.options_table import README, with_tables

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(ROOT / path for path in texts() if path.suffix == ".md")
MOST_CHARACTERS = 120


def _name(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_links_lead_somewhere(document: Path) -> None:
    for target, heading in re.findall(r"\]\(([^)#]+)(?:#([^)]+))?\)", document.read_text()):
        if "://" not in target:
            file = document.parent / target
            assert file.exists(), target
            if heading:
                titles = re.findall(r"^#+ (.*)", file.read_text(), re.MULTILINE)
                assert heading in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}, target


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_prose_is_in_short_lines(document: Path) -> None:
    """Tables, and what stands between fences, may be as wide as they need."""
    long, fenced = [], False
    for number, line in enumerate(document.read_text().splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif len(line) > MOST_CHARACTERS and not fenced and not line.startswith("|"):
            long.append(number)
    assert not fenced
    assert not long, f"lines of {document.name}"


def test_every_command_is_in_the_readme_and_has_help() -> None:
    readme = (ROOT / "README.md").read_text()
    for name in main.list_commands(click.Context(main)):
        assert f"fpray {name}" in readme
        assert cli(name, "--help").exit_code == 0


def test_the_table_of_commands_shows_their_arguments_as_their_help_does() -> None:
    section = README.read_text().split("## Commands")[1].split("What matters most")[0]
    rows = re.findall(r"`fpray (\w+) ?([^`]*)`(?=[^`|]*(?:`fpray [^|]*)?\|)", section)
    assert {name for name, _ in rows} == set(main.list_commands(click.Context(main)))
    for name, words in rows:
        usage = cli(name, "--help").output.splitlines()[0].partition("[OPTIONS]")[2].replace("...", "")
        assert re.sub(r"\[--?\w+\]|\.\.\.", "", words).split() == usage.split(), f"fpray {name}"


def test_the_page_of_the_architecture_names_what_lies_outside_the_rooms() -> None:
    outside = PAGE.read_text().split("Outside the rooms:")[1].split("\n\n")[0]
    assert [file.name for file in (ROOT / "fpray").glob("*.py") if file.name not in outside] == []


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "tests/README.md"])
def test_the_markers_and_the_ways_to_test_are_explained(document: str) -> None:
    text = (ROOT / document).read_text()
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    markers = {line.partition(":")[0] for line in settings["markers"]}
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == markers
    assert {"check", "test", "test-slow", "fuzz"} <= set(re.findall(r"make ([\w-]+)", text))
    assert "without a marker" not in text


def test_the_protocols_are_documented_as_they_are_declared() -> None:
    assert cli("protocols", "--markdown").output == (ROOT / "docs" / "protocols.md").read_text(), "run make docs"


@pytest.mark.parametrize("kind", [Protocol, Role])
def test_the_reference_names_every_field_of_a_declaration(kind: type[Any]) -> None:
    words = re.findall(r"`(\w+)`", (ROOT / "docs" / "protocol-reference.md").read_text())
    assert {field.name for field in dataclasses.fields(kind)} <= set(words)


def _options() -> set[str]:
    ctx = click.Context(main)
    commands = [command for name in main.list_commands(ctx) if (command := main.get_command(ctx, name)) is not None]
    return {option for command in commands for param in command.params for option in param.opts}


def test_the_readme_lists_the_options_as_they_are_stated() -> None:
    assert with_tables(README.read_text()) == README.read_text(), "run make docs"


def test_options_that_the_readme_names_exist() -> None:
    options = _options()
    section = (ROOT / "README.md").read_text().split("## Commands")[1].split("## From Python")[0]
    words = set(re.findall(r"(?<![\w:-])(--[a-z][a-z-]+)", section)) - {"--help"}
    assert words <= options, words - options


def test_options_that_the_jar_document_gives_to_fpray_exist() -> None:
    options = _options()
    text = (ROOT / "docs" / "jar.md").read_text()
    words = set(re.findall(r"(?<![\w:-])(--?[a-z][a-z-]*)", text)) - {"--name", "--help", "-cp", "--config"}
    assert {"--check", "--flag", "--jvm-arg", "-j"} <= words <= options, words - options


@pytest.mark.parametrize("document", sorted((ROOT / "docs").rglob("*.md")), ids=_name)
def test_documents_name_files_that_exist(document: Path) -> None:
    for path in re.findall(r"`((?:fpray|tests|protocols|studies|bench|docs)/[\w/.]*)`", document.read_text()):
        assert (ROOT / path).exists(), path


def test_the_page_of_the_architecture_shows_the_imports() -> None:
    assert PICTURE.read_text() == picture(), "run make docs"


def test_the_page_of_the_architecture_lists_the_rooms_and_the_spine() -> None:
    """Line counts may differ by a tenth or by ten lines, so that not every change needs `make docs`."""
    text, current = PAGE.read_text(), page(PAGE.read_text())
    assert _without_counts(text) == _without_counts(current), "run make docs"
    for before, new in zip(_counts(text), _counts(current), strict=True):
        assert abs(before - new) <= max(10, new / 10), "run make docs"


def test_the_page_of_the_architecture_is_one_page() -> None:
    assert len(PAGE.read_text().splitlines()) <= 120


def _without_counts(text: str) -> str:
    return re.sub(r"\| \d+ \|", "| |", text)


def _counts(text: str) -> list[int]:
    return [int(count) for count in re.findall(r"` \| (\d+) \|", text)]
