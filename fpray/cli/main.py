"""The `fpray` command: imports a command's module when it is invoked, prints errors as sentences, sets exit codes."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
import traceback
from pathlib import Path
from typing import Any

import click

from fpray.errors import Cause, FprayError, Refused, cut, explained
from fpray.report.text import OutputError, after_interrupt, output_errors, say

# Command -> the module that holds it.
MODULES = {
    "protocols": "fpray.cli.catalog",
    "studies": "fpray.cli.catalog",
    "plan": "fpray.cli.plan",
    "sweep": "fpray.cli.sweep",
    "search": "fpray.cli.search",
    "show": "fpray.cli.show",
    "plot": "fpray_analysis.commands",
    "compare": "fpray_analysis.compare_command",
    "report": "fpray_analysis.commands",
    "table": "fpray_analysis.commands",
    "why": "fpray_analysis.commands",
    "export": "fpray_analysis.handover.commands",
    "archive": "fpray_analysis.handover.commands",
    "status": "fpray.cli.watch",
    "attach": "fpray.cli.watch",
    "stop": "fpray.cli.watch",
    "logs": "fpray.cli.logs",
    "profile": "fpray.cli.profile",
    "monitor": "fpray.cli.monitor",
    "debug": "fpray.cli.debug",
}
WORDS = "fpray.words"  # the entry of a context's `meta` with what follows the name of its command
# Commands that look at what there is: their errors are one line, and do not say "nothing was started".
READERS = (
    "show", "plot", "table", "why", "compare", "report", "export", "archive", "protocols", "studies", "status",
    "attach", "stop", "logs", "profile", "monitor",
)  # fmt: skip


class _Unloaded(click.Command):
    """A command that is not imported yet; `fpray --help` reads its docstring from the source."""

    def load(self) -> click.Command:
        """The command itself."""
        assert self.name is not None
        command: click.Command = getattr(importlib.import_module(MODULES[self.name]), self.name)
        return command

    def get_short_help_str(self, limit: int = 45) -> str:
        """The first sentence of its help, whole: on a narrow terminal it goes on in the next line."""
        assert self.name is not None
        spec = importlib.util.find_spec(MODULES[self.name])
        assert spec is not None
        assert spec.origin is not None
        functions = {n.name: n for n in ast.parse(Path(spec.origin).read_text()).body if isinstance(n, ast.FunctionDef)}
        return click.Command(self.name, help=ast.get_docstring(functions[self.name])).get_short_help_str(200)


class Fpray(click.Group):
    """Imports a command when it is invoked; errors as sentences, exit codes, no traceback for what a user did."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes, commands=[_Unloaded(name) for name in MODULES])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        command = super().get_command(ctx, cmd_name)
        return command.load() if isinstance(command, _Unloaded) else command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, and keep its words for it: another process may have to run it."""
        name, command, words = super().resolve_command(ctx, args)
        ctx.meta[WORDS] = list(words)
        return name, command, words

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of their use."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a line for each command, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.get_short_help_str()) for name, command in self.commands.items()])

    def main(self, *words: Any, **more: Any) -> Any:
        """Run the command line; output that cannot be written is a sentence."""
        try:
            try:
                return super().main(*words, **more)
            except OSError as error:
                frames = traceback.extract_tb(error.__traceback__)
                if frames[-1].name != click.echo.__name__:
                    raise
                if any(frame.filename == click.exceptions.__file__ for frame in frames):
                    sys.exit(click.UsageError.exit_code)  # a refusal that cannot be printed is one
                with output_errors():  # a help page, which click printed
                    raise
        except OutputError as error:
            say(
                f"fpray: the standard output of this command cannot be written: {error.strerror}. If its disk is full,"
                " free space on that disk; otherwise send the output to another file. Then run the command again"
                f" · {explained(Cause.NOT_WRITABLE)}"
            )
            sys.exit(1)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that is named."""
        try:
            return super().invoke(ctx)
        except FprayError as error:
            in_lines = isinstance(error, Refused) and ctx.invoked_subcommand not in READERS
            say(f"fpray: {error if in_lines else error.explained()}")
            ctx.exit(error.exit_code)
        except click.UsageError as error:
            message = f"{cut(error.format_message())} · {explained(Cause.OPTION)}"
            raise click.UsageError(message, error.ctx) from None
        except KeyboardInterrupt:
            after_interrupt("interrupted · nothing was started")
            ctx.exit(130)


@click.group(cls=Fpray, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="fpray", prog_name="fpray")
def main() -> None:
    """Benchmark replicated protocols that run on the JVM, on a laptop or on a Ray cluster.

    \b
    fpray protocols                      what can be run
    fpray sweep multipaxos --dry-run     how many trials, and how long they take
    fpray sweep multipaxos               run it; the same command continues it
    fpray show                           the numbers of the newest suite

    Completion of commands, protocols, parameters and suites, in bash (also zsh and fish):

    \b
    eval "$(_FPRAY_COMPLETE=bash_source fpray)"
    """
