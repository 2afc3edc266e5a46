"""The documents: links that lead somewhere, every command named, options that exist."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from fpray.cli.main import main
from tests.conftest import cli
from tests.repository.options_table import README, with_tables

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "cluster_configs/README.md"
]  # fmt: skip


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: str(d.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target, heading in re.findall(r"\]\(([^)#]+)(?:#([^)]+))?\)", document.read_text()):
        if "://" not in target:
            file = document.parent / target
            assert file.exists(), target
            if heading:
                headings = re.findall(r"^#+ (.*)", file.read_text(), re.MULTILINE)
                assert heading in {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}, target


def test_every_command_is_in_the_readme_and_has_help() -> None:
    readme = (ROOT / "README.md").read_text()
    for name in main.list_commands(click.Context(main)):
        assert f"fpray {name}" in readme
        assert cli(name, "--help").exit_code == 0


def test_the_protocols_are_documented_as_they_are_declared() -> None:
    assert cli("protocols", "--markdown").output == (ROOT / "docs" / "protocols.md").read_text(), "run make docs"


def _options() -> set[str]:
    ctx = click.Context(main)
    commands = [command for name in main.list_commands(ctx) if (command := main.get_command(ctx, name)) is not None]
    return {option for command in commands for param in command.params for option in param.opts}


def test_the_readme_lists_the_options_as_they_are_stated() -> None:
    assert with_tables(README.read_text()) == README.read_text(), "run make docs"


def test_options_that_the_readme_names_exist() -> None:
    known = _options()
    section = (ROOT / "README.md").read_text().split("## Commands")[1].split("## From Python")[0]
    named = set(re.findall(r"(?<![\w:-])(--[a-z][a-z-]+)", section)) - {"--help"}
    assert named <= known, named - known


def test_options_that_the_jar_document_gives_to_fpray_exist() -> None:
    known = _options()
    text = (ROOT / "docs" / "jar.md").read_text()
    named = set(re.findall(r"(?<![\w:-])(--?[a-z][a-z-]*)", text)) - {"--name", "--help", "-cp", "--config"}
    assert {"--check", "--flag", "--jvm-arg", "-j"} <= named <= known, named - known


def test_the_design_names_files_that_exist() -> None:
    for path in re.findall(r"`((?:fpray|tests|protocols|studies)/[\w/.]*)`", (ROOT / "docs" / "design.md").read_text()):
        assert (ROOT / path).exists(), path
