"""`fpray protocols` and `fpray studies`: what can be run."""

from __future__ import annotations

import json
from collections.abc import Iterable

import click

from fpray.cli import completion
from fpray.cli.kinds import ADAPTIVE
from fpray.cli.launch_options import StudiesPrinting
from fpray.cli.options import read_options_of, with_options
from fpray.driver.option import pick
from fpray.driver.options import BaseOptions
from fpray.report.catalog import describe, list_protocols
from fpray.report.jar_check import JarCheck
from fpray.report.protocols_document import document
from fpray.report.studies import needs, table
from fpray.report.text import show_line, show_text
from fpray.study import registry


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=completion.protocols)
@click.option("--check", "jar", metavar="JAR", help="check that a jar's mains accept the flags that fpray passes")
@read_options_of(pick(BaseOptions, java={"help": "the java that runs the jar's mains"}))
@click.option("--markdown", is_flag=True, help="print a document: roles, studies, and what differs from FrankenPaxos")
@click.pass_context
def protocols(ctx: click.Context, names: tuple[str, ...], jar: str | None, java: str, markdown: bool) -> None:
    """List the protocols, or describe some of them.

    A description has roles, parameters, defaults, constraints and a cluster file. With --check: whether JAR (or
    'reference') runs them; no server is started. Exit code 0: all that the jar has fits; 1: something does not, or
    the jar lacks a protocol that is named.
    """
    selection = [registry.find_protocol(name) for name in names]
    if jar is not None:
        check = JarCheck(jar, java, selection or list(registry.protocols().values()), by_name=bool(names))
        _print(check.lines())
        ctx.exit(0 if check.fits else 1)
    if markdown:
        _print(
            document({protocol.name: protocol for protocol in selection} or registry.protocols(), registry.studies())
        )
    elif selection:
        for protocol in selection:
            _print(describe(protocol, registry.studies().get(protocol.name, {})))
    else:
        _print(list_protocols(registry.protocols()))


@click.command()
@click.argument("names", nargs=-1, metavar="[PROTOCOL]...", shell_complete=completion.protocols)
@with_options(StudiesPrinting)
def studies(names: tuple[str, ...], as_json: bool) -> None:
    """List the studies: trials, processes, machines and time of each.

    With PROTOCOLs, list only their studies.
    """
    selection = [registry.find_protocol(name) for name in names] or registry.protocols().values()
    by_protocol = registry.studies()
    rows = [needs(protocol, study) for protocol in selection for study in by_protocol.get(protocol.name, {}).values()]
    if as_json:
        show_text(json.dumps([row.to_json(ADAPTIVE) for row in rows], indent=1) + "\n")
    else:
        _print(table(rows, ADAPTIVE))


def _print(lines: Iterable[str]) -> None:
    for text in lines:
        for line in text.splitlines() or [""]:
            show_line(line)
