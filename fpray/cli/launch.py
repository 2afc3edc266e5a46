"""How the driver runs: in this process, in a process that goes on by itself, or on the cluster's head."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from fpray.cli.interrupt import interruptible
from fpray.cli.kinds import SECTIONS
from fpray.cli.typed_words import typed_words
from fpray.cluster.jobs import NoJobs, as_job
from fpray.driver.command_words import CommandWords
from fpray.driver.detach import hang_up_ends, start, terminal_leaver
from fpray.driver.experiment import Experiment
from fpray.driver.remote_head import launch_on_head
from fpray.driver.secret_words import hide_from_ps
from fpray.errors import Cause, FprayError, refuse
from fpray.files.layout import RESULTS_CSV, RESULTS_PARQUET
from fpray.files.paths import short_path
from fpray.files.secret import Secret
from fpray.node.failures import how_it_ended
from fpray.plan.words import AGAIN
from fpray.protocol.values import to_json
from fpray.report.attach import attach
from fpray.report.text import say, show_line
from fpray.store.suite import Suite


def typed_command() -> str:
    """The command as it was typed, for the provenance."""
    return shlex.join(["fpray", *sys.argv[1:]])


def launch(ctx: click.Context, run: Callable[..., Any], experiment: Any, words: dict[str, Any]) -> NoReturn:
    """Run an experiment where it is to run, and exit with its exit code.

    words: the options `detach`, `as_json` and `as_job`.
    """
    secrets, remote = experiment.outputs.secrets, experiment.where.remote
    hide_from_ps(secrets)
    if not remote and not words["detach"] and words["as_job"] is None:
        _run_here(ctx, run, experiment, as_json=words["as_json"])
    if words["as_json"]:
        message = "does not work with a sweep in the background or on another machine"
        raise refuse(
            "--json",
            f"{message}: remove it, and read {RESULTS_CSV} or {RESULTS_PARQUET} in the directory of results",
            Cause.OPTION,
        )
    if remote:
        launch_on_head(experiment, typed_words(ctx))
    _run_by_itself(ctx, words["detach"], words["as_job"], secrets)


def _run_here(ctx: click.Context, run: Callable[..., Any], experiment: Experiment, *, as_json: bool) -> NoReturn:
    if sys.stderr is None:  # closed by the shell (2>&-): messages must not end up among the JSON
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123
    interruptible()
    result = run(experiment, on_trial=_print_json if as_json else None, leave_terminal=terminal_leaver())
    ctx.exit(result.exit_code)


def _print_json(number: str, trial: Any, outcome: Any) -> None:
    content = {"trial": number, "id": trial.id, "repeat": trial.repeat, "params": to_json(trial.params)}
    show_line(json.dumps(content | outcome.to_json()))


def _run_by_itself(ctx: click.Context, detach: bool, as_job: str | None, secrets: Sequence[Secret]) -> NoReturn:
    """Start the driver as a process of its own; then show its live display, or with `--detach` return."""
    command = typed_words(ctx).without("detach", "as_job")
    hang_up_ends()
    path, code = start(command, secrets=secrets) if as_job is None else _start_job(command, secrets)
    if path is None and code < 0:  # by a signal: it could not say why
        how = f"{how_it_ended(code)} before the sweep was under way"
        raise FprayError(f"the process that was to run the sweep {how}; {AGAIN}", Cause.KILLED_DRIVER)
    if path is None:
        ctx.exit(code)
    where = f" {as_job}" if as_job else ""
    suite = Suite(path)
    if detach:
        name = f"{suite.short_name}{where}"
        show_line(
            f"detached: the sweep runs in the background · results in {short_path(path)} "
            f"· all sweeps: fpray status{where} · watch it: fpray attach {name} · end it: fpray stop {name}"
        )
        ctx.exit(0)
    ctx.exit(attach(suite, SECTIONS, where))


def _start_job(command: CommandWords, secrets: Sequence[Secret]) -> tuple[Path | None, int]:
    """Start a driver as a job of Ray's, or where Ray takes none, as a process of its own."""
    try:
        return start(command, as_job, secrets)
    except NoJobs as why:
        say(f"note: {why.in_one_line()}")
        return start(command, secrets=secrets)
