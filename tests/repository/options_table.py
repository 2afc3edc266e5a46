"""The README's tables of options, made from the commands themselves: `make docs` writes them, test_docs.py compares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from fpray.cli.main import main as fpray

README = Path(__file__).parents[2] / "README.md"
_COMMANDS = ("sweep", "search")
_SECTION = re.compile(r"(<!-- options of fpray (?P<command>\w+) -->\n).*?(<!-- end -->\n)", re.DOTALL)


def table(command: click.Command, beside: click.Command | None = None) -> Iterator[str]:
    """A row for each option of a command, but for those that another command has as well."""
    rows_beside = set(_rows(beside)) if beside is not None else set()
    yield "| option | |"
    yield "|---|---|"
    yield from (row for row in _rows(command) if row not in rows_beside)


def _rows(command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=command.name)
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            record = option.get_help_record(context)
            assert record is not None
            words, text = (" ".join(part.split()).replace("|", "\\|") for part in record)
            words = re.sub(r", --\w+_\w+", "", words)  # FrankenPaxos's spelling of the same word
            text = re.sub(r"\[((?:default|env var): [^\]]*)\]", r"(\1)", text)
            yield f"| `{words}` | {text} |"


def with_tables(text: str) -> str:
    """The text of the README with its tables as the commands are now."""
    commands = {name: fpray.get_command(click.Context(fpray), name) for name in _COMMANDS}
    sweep, search = commands["sweep"], commands["search"]
    assert sweep is not None
    assert search is not None
    tables = {"sweep": "\n".join(table(sweep)), "search": "\n".join(table(search, beside=sweep))}
    return _SECTION.sub(lambda match: f"{match[1]}{tables[match['command']]}\n{match[3]}", text)


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text()))
