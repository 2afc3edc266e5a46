"""The fenced blocks of the documents: what each is, and what the comments above it say of how it is run.

A comment directly above a block is one of these:
- `<!-- not run: REASON -->`; the reasons are in `NOT_RUN`.
- `<!-- run with: OLD => NEW; OLD => NEW -->`: what stands for what, where a test has less time or fewer machines.
  In NEW, QUICKLY stands for the options of a quick trial.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import OVERLAPPING

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
# Why a block is not run, and in how many blocks at most.
NOT_RUN = {
    "needs an AWS account": 1,
    "needs the network and sbt": 1,
    "needs a PostgreSQL server": 1,
    "needs the published files": 2,
    "runs the tests themselves": 2,
    "is a part of a file": 1,
    "differs from run to run": 3,
}
COMMANDS = ("sh", "console")  # the second one has a prompt before each command, and may show output
FILES = ("java", "toml", "python")
LANGUAGES = {*COMMANDS, *FILES, "text", "json"}  # text: the output of the block of commands before it
_FENCED = re.compile(r"^ *```(?P<language>\w*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r" *<!-- (?P<kind>not run|run with): (?P<words>.*) -->")


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Attributes:
        line: where it begins.
        file: the file that has it as its content; empty for others.
        not_run: the reason, if any.
        changes: (old, new) texts that are replaced before it is run.
    """

    document: Path
    line: int
    language: str
    text: str
    file: str
    not_run: str
    changes: tuple[tuple[str, str], ...]

    @property
    def place(self) -> str:
        """The file and the line of the block, for a message."""
        return f"{self.document.relative_to(ROOT)}:{self.line}"

    def changed(self, text: str) -> str:
        """A text of it as it is run."""
        for text_before, new in self.changes:
            text = text.replace(text_before, new)
        return text

    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """Each command as it is written, with the output that is shown below it."""
        if self.language == "sh":
            yield f"(set -e\n{self.text})\n", []
            return
        for piece in re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]:
            lines = piece.splitlines()
            end = next(number for number, line in enumerate(lines) if not line.endswith("\\")) + 1
            yield "\n".join(lines[:end]) + "\n", lines[end:]


def blocks(document: Path) -> Iterator[Block]:
    """The blocks of a document, in order."""
    text = document.read_text()
    for match in _FENCED.finditer(text):
        above = text[: match.start()].splitlines()
        words: dict[str, list[str]] = {"not run": [], "run with": []}
        while above and (comment := _COMMENT.fullmatch(above[-1])):
            words[comment["kind"]] += comment["words"].split("; ")
            above.pop()
        content = textwrap.dedent(match["text"])
        file_name = re.fullmatch(r" *`([\w./-]+)`", above[-1]) if above else None
        headed = re.match(r"# ([\w.-]+\.py): ", content)
        changes = [change.partition(" => ") for change in words["run with"]]
        yield Block(
            document,
            text[: match.start()].count("\n") + 1,
            match["language"],
            content,
            file_name[1] if file_name else headed[1] if headed else "",
            "; ".join(words["not run"]),
            tuple((before, new.replace("QUICKLY", " ".join(OVERLAPPING))) for before, _, new in changes),
        )


def every_block() -> list[Block]:
    """The blocks of all documents."""
    return [block for document in DOCUMENTS for block in blocks(document)]
