"""A command as it was typed, for another process that is to run it: made once, of what click has read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from fpray.files.secret import ONCE, Secret


@dataclass(frozen=True)
class OptionWords:
    """An option as it was typed.

    Attributes:
        name: its name in Python.
        spelling: how it was spelled, such as `-s`.
        text: its value; None: it takes none.
    """

    name: str
    spelling: str
    text: str | None = None

    @property
    def words(self) -> list[str]:
        """The option and its value, as they stand on a command line."""
        return [self.spelling] if self.text is None else [self.spelling, self.text]


@dataclass(frozen=True)
class CommandWords:
    """The name of a command, its arguments, and its options in the order in which they were typed."""

    command: str
    arguments: Sequence[str] = ()
    options: Sequence[OptionWords] = ()

    @property
    def words(self) -> list[str]:
        """What follows `fpray` on a command line."""
        options = [word for option in self.options for word in option.words]
        if any(argument.startswith("-") for argument in self.arguments):
            return [self.command, *options, "--", *self.arguments]
        return [self.command, *self.arguments, *options]

    def without(self, *names: str) -> CommandWords:
        """The command without some of its options."""
        return replace(self, options=[option for option in self.options if option.name not in names])

    def with_option(self, name: str, text: str) -> CommandWords:
        """The command with a value in place of what an option had."""
        option = OptionWords(name, f"--{name.replace('_', '-')}", text)
        return replace(self, options=[*self.without(name).options, option])

    def handed_over(self, secrets: Sequence[Secret], put: Callable[[int, Secret], str]) -> CommandWords:
        """The command for another process: each secret in a file of its own, which is read once.

        put: takes a number and a secret, writes the file, and returns its path for that process.
        """
        by_place = {(secret.option, secret.given): secret for secret in secrets}
        options = [
            replace(option, text=f"{ONCE}{put(number, by_place[place])}")
            if (place := (option.name, option.text or "")) in by_place
            else option
            for number, option in enumerate(self.options)
        ]
        return replace(self, options=options)
