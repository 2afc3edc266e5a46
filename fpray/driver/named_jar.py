"""The jar that a user names: whether it has every main class that the trials start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fpray.errors import refuse_if_any
from fpray.jar.find import REFERENCE, Jar, find_jar, main_class_problems
from fpray.plan.plan import Trial
from fpray.protocol.protocol import Protocol


def named_jar(jar_name: str | None, protocol: Protocol[Any], trials: Sequence[Trial[Any]]) -> Jar | None:
    """The user's own jar, looked into; None for the reference jar, which may have to be built.

    Raises:
        Refused: there is no such jar, or it lacks a main class.
    """
    if jar_name in (None, REFERENCE):
        return None
    jar = find_jar(jar_name, "java")
    refuse_if_any(main_class_problems(jar, main_classes(protocol, trials)))
    return jar


def main_classes(protocol: Protocol[Any], trials: Sequence[Trial[Any]]) -> list[str]:
    """The main classes of the roles that some trial has processes of; of all roles where no trial is known."""
    return [
        protocol.main_class(role)
        for role in protocol.roles
        if not trials or any(0 not in role.dimensions(trial.params) for trial in trials)
    ]
