"""The code blocks of README.md, CONTRIBUTING.md and docs/: each is run, and compared with what it shows."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from fpray.cli.main import main
from tests.conftest import cli
from tests.repository.code_blocks import COMMANDS, DOCUMENTS, LANGUAGES, NOT_RUN, blocks, every_block
from tests.repository.reader import Reader, environment, make_checkout, make_stand_ins

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
OF_A_CHECKOUT = ("README.md", "CONTRIBUTING.md")  # its commands are run in a clone of the repository
# What a document's blocks need to run; those that start trials and show which Ray they use start their own.
MARKS = {
    "CONTRIBUTING.md": (pytest.mark.slow,),
    "README.md": (pytest.mark.jvm, pytest.mark.ray, pytest.mark.slow),
    "docs/searching.md": (pytest.mark.jvm, pytest.mark.ray, pytest.mark.slow),
    "docs/add-a-protocol.md": (pytest.mark.jvm, pytest.mark.ray, pytest.mark.slow),
    "docs/from-results-to-a-figure.md": (pytest.mark.jvm, pytest.mark.ray, pytest.mark.slow),
    "docs/handing-over.md": (pytest.mark.jvm, pytest.mark.ray, pytest.mark.slow),
    "docs/instruments.md": (pytest.mark.jvm, pytest.mark.ray, pytest.mark.slow),
    "docs/inside.md": (pytest.mark.jvm, pytest.mark.ray),
    "docs/detached.md": (pytest.mark.jvm, pytest.mark.ray),
    "docs/jar.md": (pytest.mark.jvm, pytest.mark.slow),
    "docs/metrics.md": (pytest.mark.jvm, pytest.mark.ray, pytest.mark.prometheus, pytest.mark.slow),
    "docs/papers.md": (pytest.mark.jvm,),
    "docs/profiles.md": (pytest.mark.jvm, pytest.mark.ray, pytest.mark.slow),
    "docs/report.md": (pytest.mark.jvm, pytest.mark.ray, pytest.mark.slow),
    "docs/studies.md": (pytest.mark.jvm,),
}


def _name(document: Path) -> str:
    return str(document.relative_to(ROOT))


def _documents() -> Iterator[Any]:
    for document in DOCUMENTS:
        if any(block.language in (*COMMANDS, "python") for block in blocks(document)):
            yield pytest.param(document, id=_name(document), marks=MARKS.get(_name(document), ()))


@pytest.mark.timeout(900)  # on a busy machine; on a quiet one all of them take about two minutes
@pytest.mark.parametrize("document", list(_documents()))
def test_what_a_document_shows_is_so(document: Path, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """B4: every block, in order, in one directory."""
    needs = {mark.name for mark in MARKS.get(_name(document), ())}
    cluster = request.getfixturevalue("ray_address") if "ray" in needs else None
    jar = request.getfixturevalue("reference_jar") if "jvm" in needs else None
    if "prometheus" in needs:
        request.getfixturevalue("prometheus")
    directory = tmp_path / "reader"
    directory.mkdir()
    if _name(document) in OF_A_CHECKOUT:
        make_checkout(directory)
    make_stand_ins(directory, jar)
    reader = Reader(directory, environment(directory, cluster))
    if cluster is not None and document != README:
        reader.environment["RAY_ADDRESS"] = cluster
    reader.read(document)
    # E5: the loops of the protocol in add-a-protocol.md are threads that write their rows late.
    assert "wall clock of the client's machine was set back" not in "".join(reader.printed)


def test_a_block_has_a_language_and_one_that_is_not_run_has_a_reason() -> None:
    for block in every_block():
        assert block.language in LANGUAGES, block.place
        assert not (block.not_run and block.changes), block.place
        assert block.language != "console" or block.text.startswith("$ "), block.place
        for before, _ in block.changes:
            assert before in block.text, f"{block.place}: {before}"
    reasons = Counter(block.not_run for block in every_block() if block.not_run)
    assert dict(reasons) == NOT_RUN


def test_a_comment_about_running_stands_above_a_block() -> None:
    for document in DOCUMENTS:
        above = re.findall(r"^ *<!-- (?:not run|run with).*-->\n *(<!--|```)?", document.read_text(), re.MULTILINE)
        assert all(above), _name(document)
        fences = re.findall(r"^ *(?:```|~~~)", document.read_text(), re.MULTILINE)
        assert len(fences) == 2 * len(list(blocks(document))), _name(document)


def _commands() -> Iterator[Any]:
    """(document, words) of each line that calls fpray, continuation lines joined."""
    for block in every_block():
        if block.language in COMMANDS:
            for line in block.text.replace("\\\n", " ").splitlines():
                match = re.match(r"\s*(?:\$ )?(?:[A-Z_]+=\S+ )*(fpray [a-z]+ .*)", line)
                if match and not re.search(r"(?:^|\s)(?:PROTOCOL|NAME|SUITE|\.\.\.|·)(?:\s|$)", match[1]):
                    words = shlex.split(match[1], comments=True)[1:]
                    yield pytest.param(words, id=f"{block.document.name}: {' '.join(words)[:70]}")


@pytest.mark.parametrize("words", list(_commands()))
def test_a_command_that_a_document_shows_is_accepted(words: list[str]) -> None:
    """B4: also those that need a cluster, AWS or another machine: nothing is started here."""
    words = words[: next((i for i, word in enumerate(words) if word in ("|", "&&", ">", ";")), len(words))]
    with click.Context(main, info_name="fpray", **main.context_settings) as parent:
        command = main.get_command(parent, words[0])
        assert command is not None, words
        parser = command.make_parser(click.Context(command, parent=parent, info_name=words[0]))
        parser.parse_args(args=list(words[1:]))


def _texts(language: str) -> Iterator[str]:
    """The blocks of the README."""
    return (block.text for block in blocks(README) if block.language == language)


def test_the_dry_run_of_the_readme_prints_what_the_readme_shows() -> None:
    """B4: output is compared where it is shown and does not depend on the machine."""
    block = next(block for block in _texts("console") if "--dry-run" in block)
    lines = block.splitlines()
    at = next(i for i, line in enumerate(lines) if "--dry-run" in line)
    command, expected = lines[at], lines[at + 1]
    assert expected in cli(*shlex.split(command)[2:]).output.splitlines()


def test_the_mistakes_of_the_readme_are_refused_as_it_shows() -> None:
    """B4: all of them at once."""
    block = next(block for block in _texts("console") if "num_batcherz" in block)
    command, _, message = block.partition("\n")
    done = cli(*shlex.split(command)[2:], "--dry-run")
    assert done.exit_code == 2
    assert done.output == message


def test_python_of_a_document_is_python() -> None:
    for block in every_block():
        if block.language == "python":
            compile(block.text, block.place, "exec")


def test_the_study_of_the_readme_is_a_study(tmp_path: Path) -> None:
    """B4: `mine.py`, with the command that its first line names."""
    (block,) = (block for block in _texts("python") if "STUDY =" in block)
    (tmp_path / "mine.py").write_text(block)
    done = cli("sweep", "unreplicated", "--study", str(tmp_path / "mine.py"), "--dry-run")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("2 trials")


def test_the_sweep_of_the_readme_is_accepted() -> None:
    """B4: the README's own Python example was refused: a timeout shorter than the duration."""
    from fpray.driver.means import check_sweep

    (block,) = (block for block in _texts("python") if "fpray.sweep(" in block)
    (call,) = re.findall(r"fpray\.sweep\((.*)\)", block)
    protocol, options = eval(f"(lambda protocol, **options: (protocol, options))({call})")
    assert len(check_sweep(protocol, options).trials) == 9
