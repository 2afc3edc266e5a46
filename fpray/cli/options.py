"""The options of the commands that plan or run trials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Any], Any]


class _Share(click.ParamType[float]):
    """`2%` or `0.02`."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return float(value[:-1]) / 100 if str(value).endswith("%") else float(value)
        except ValueError:
            self.fail(f"{value!r} is not a share: write 2% or 0.02", param, ctx)


_BASE: Sequence[Decorator] = (
    click.argument("protocol"),
    click.option("--study", default="smoke", show_default=True, help="a named study, or FILE.py with STUDY"),
    click.option("--set", "set_", multiple=True, metavar="KEY=VALUE", help="set a parameter for every trial"),
    click.option("-l", "--log-level", "--log_level", "log_level", help="log level of every role  [default: debug]"),
    click.option("-j", "--jar", help="a FrankenPaxos jar, or 'reference'  [default: the reference jar]"),
    click.option("--java", default="java", show_default=True, metavar="PATH", help="the java that starts the JVMs"),
    click.option("--jvm-arg", multiple=True, metavar="ROLE:ARG", help="add a JVM argument to a role"),
    click.option("--flag", multiple=True, metavar="ROLE:--NAME=VALUE", help="add a flag to a role (for a fork)"),
    click.option("--cluster", metavar="FILE", help="FrankenPaxos's JSON of pools, or a launcher.yaml"),
    click.option("--place", multiple=True, metavar="[ROLE=]HOW", help="spread (default), pack or exclusive"),
    click.option(
        "-s", "--suite-directory", "--suite_directory", "suite_directory", default="./suites", show_default=True,
        envvar="FPRAY_SUITE_DIRECTORY", show_envvar=True, help="where suites are made; or one suite, to continue it",
    ),
    click.option(
        "-a", "--address", multiple=True, metavar="ADDRESS",
        help="a Ray cluster  [default: RAY_ADDRESS, else the cluster of this machine, else an embedded Ray]",
    ),
    click.option("--scratch", metavar="DIR", help="a directory on each machine, in which its processes work"),
    click.option("--local", is_flag=True, help="use an embedded Ray on this machine in any case"),
    click.option("-m", "--monitor", is_flag=True, help="(not yet) monitor the roles with Prometheus"),
    click.option("-p", "--profile", is_flag=True, help="(not yet) profile the roles"),
    click.option("-i", "--identity-file", "--identity_file", "identity_file", hidden=True),
)  # fmt: skip
_GRID: Sequence[Decorator] = (
    click.option("--vary", multiple=True, metavar="KEY=V1,V2", help="vary a parameter; the grid is the product"),
    click.option("--repeat", type=int, metavar="N", help="run each point N times  [default: the study's]"),
)
_RUN: Sequence[Decorator] = (
    click.option(
        "--raw", type=click.Choice(["keep", "drop"]), default="keep", show_default=True, help="rows of the recorder"
    ),
    click.option("--new", is_flag=True, help="start a new suite even if one could be continued"),
    click.option("--accept-change", is_flag=True, help="continue a suite that was started with another jar"),
    click.option("--share-machines", is_flag=True, help="let parallel trials measure on the same machines"),
    click.option(
        "--retries", type=int, metavar="N", help="repeat a trial that lost a machine up to N times  [default: 2]"
    ),
    click.option("--keep-going", is_flag=True, help="continue when most trials fail  [default: stop]"),
    click.option("--dry-run", is_flag=True, help="print how much there is to do, and stop"),
    click.option("--json", "as_json", is_flag=True, help="print one JSON object per trial on standard output"),
    click.option("--detach", is_flag=True, help="return when it runs; then fpray status, attach and stop"),
    click.option(
        "--notify",
        multiple=True,
        metavar="COMMAND|URL",
        help="run COMMAND or post to URL when it ends, stalls or mostly fails",
    ),
    click.option("--as-job", metavar="WHERE", hidden=True),  # on the head, for a laptop that says WHERE it is
)
_SWEEP: Sequence[Decorator] = (
    click.option("--rerun", multiple=True, metavar="failed|TRIAL", help="repeat trials; the earlier attempt is kept"),
    click.option("--parallel", type=int, metavar="N", help="run up to N trials in parallel  [default: all that fit]"),
    click.option(
        "--order", metavar="random|grid|largest-first",
        help="order of trials in each round of repeats  [default: random on several machines, grid on one]",
    ),
    click.option("--pilot", is_flag=True, help="first run short trials at the corners of the grid; stop if one fails"),
)  # fmt: skip
_SEARCH: Sequence[Decorator] = (
    click.option("--maximize", multiple=True, metavar="COLUMN", help="a column of the results to maximize"),
    click.option("--minimize", multiple=True, metavar="COLUMN", help="one to minimize; several goals: a Pareto front"),
    click.option("--subject-to", multiple=True, metavar="'COLUMN<=N'", help="a bound (or >=); several may be given"),
    click.option("--space", multiple=True, metavar="KEY=LOW..HIGH", help="LOW..HIGH[:log|:step=N], or V1,V2,V3"),
    click.option("--sampler", default="ours", show_default=True, metavar="NAME", help="or Optuna's: tpe, gp, ..."),
    click.option(
        "--storage", metavar="WHERE",
        help="of the Optuna study: journal, sqlite, memory, or a database URL  [default: journal]",
    ),
    click.option("--stop-at", type=_Share(), metavar="SHARE", help="end when no larger gain is likely  [default: 2%]"),
    click.option("--confirm", type=int, metavar="N", help="runs of the best configuration  [default: 3]"),
    click.option("--budget-trials", type=int, metavar="N", help="run at most N trials  [default: 50]"),
    click.option("--budget-minutes", type=float, metavar="M", help="run trials for at most M minutes"),
    click.option("--budget-dollars", type=float, metavar="D", help="spend at most D dollars on machines"),
    click.option("--price-per-machine-hour", type=float, metavar="D", help="the price used for --budget-dollars"),
    click.option("--seed", type=int, help="seed of the sampler  [default: a new one]"),
    click.option("--parallel", type=int, default=1, metavar="N", help="run up to N trials in parallel  [default: 1]"),
)  # fmt: skip


def _all_of(*groups: Sequence[Decorator]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed([option for group in groups for option in group]):
            command = option(command)
        return command

    return decorate


plan_options = _all_of(_BASE, _GRID)
sweep_options = _all_of(_BASE, _GRID, _RUN, _SWEEP)
search_options = _all_of(_SEARCH, _BASE, _RUN)
