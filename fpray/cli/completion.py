"""What the shell completes: protocols, studies, parameters, suites. `fpray --help` says how it is switched on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import click

from fpray.driver.option import Completion

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def _quietly(words: Callable[[click.Context], Iterable[str]]) -> Complete:
    """The words that begin as the user has begun; none where they cannot be had."""

    def complete(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
        try:
            return [word for word in words(ctx) if word.lower().startswith(incomplete.lower())]
        except Exception:  # whatever it is: the shell would print it into the line that is typed
            return []

    return complete


def _protocols(_ctx: click.Context) -> Iterable[str]:
    from fpray.study import registry

    return registry.protocols()


def _protocol(ctx: click.Context) -> str | None:
    """The protocol that is named; while an option waits for its value, click has not read what stands before it."""
    name = ctx.params.get("protocol")
    return name or next((word for word in ctx.args if word in _protocols(ctx)), None)


def _studies(ctx: click.Context) -> Iterable[str]:
    from fpray.study import registry

    by_protocol, protocol = registry.studies(), _protocol(ctx)
    names = (
        by_protocol.get(protocol, {}) if protocol else {name: 0 for of_one in by_protocol.values() for name in of_one}
    )
    return [*names, *map(str, Path().glob("*.py"))]


def _parameters(ctx: click.Context) -> Iterable[str]:
    from fpray.protocol.params import names
    from fpray.study.registry import find_protocol

    return [f"{name}=" for name, _ in names(find_protocol(_protocol(ctx) or "").params)]


def _suites(ctx: click.Context) -> Iterable[str]:
    from fpray.store.find import suites
    from fpray.store.usual_root import USUAL_ROOT

    return [suite.suite_id for suite in suites(Path(ctx.params.get("suite_directory") or USUAL_ROOT).expanduser())]


protocols, studies, parameters, suite_ids = map(_quietly, (_protocols, _studies, _parameters, _suites))
OF_KIND = {Completion.STUDIES: studies, Completion.PARAMETERS: parameters}
