"""The command line: the library said aloud. Every command reads its words, calls one function and prints."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from fpray import __version__
from fpray.errors import FprayError, Problem, Refused

Command = TypeVar("Command", bound=Callable[..., Any])


# Commands that have nothing to start: what is wrong is not "refused before anything started".
_READERS = ("show", "protocols", "studies", "status", "attach", "stop", "logs")


class _Fpray(click.Group):
    """Errors as sentences, exit codes as promised, and no traceback for what a user did."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except FprayError as error:
            said = str(error)
            if isinstance(error, Refused) and ctx.invoked_subcommand in _READERS:
                said = "; ".join(f"{problem.about} {problem.sentence}" for problem in error.problems)
            click.echo(f"fpray: {said}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("interrupted · nothing was started", err=True)
            ctx.exit(130)


@click.group(cls=_Fpray, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="fpray")
def main() -> None:
    """Benchmark replicated protocols that run on the JVM, on a laptop or on a Ray cluster."""


def points_options(command: Command) -> Command:
    """Which trials: what `sweep` and `plan` share."""
    repeat = click.option("--repeat", type=int, help="run every point so often  [default: the study's]")
    return _vary(repeat(base_options(command)))


_where_suites = click.option(
    "-s", "--suite-directory", "--suite_directory", "suite_directory", default="./suites", show_default=True,
    envvar="FPRAY_SUITE_DIRECTORY", show_envvar=True, help="where suites are looked for, by name or letters",
)  # fmt: skip


def _look_there(_ctx: click.Context, _option: click.Parameter, value: str | None) -> None:
    """Become the same command on the head of a launcher's cluster; nothing where none is named, or this is of it."""
    if value is not None:
        from fpray.driver.remote_head import run_on_head, words_without

        run_on_head(Path(value).expanduser(), words_without(sys.argv[1:], "--cluster"))


_there = click.option(
    "--cluster", metavar="LAUNCHER.yaml", expose_value=False, callback=_look_there, help="look on its cluster's head"
)
_vary = click.option("--vary", multiple=True, metavar="KEY=V1,V2", help="vary a parameter; the grid is the product")


def base_options(command: Command) -> Command:
    """Of which protocol, from which parameters, with which jar, on which machines: what all that run trials share."""
    options = [
        click.argument("protocol"),
        click.option("--study", default="smoke", show_default=True, help="a named study, or FILE.py with STUDY"),
        click.option("--set", "set_", multiple=True, metavar="KEY=VALUE", help="set a parameter for every trial"),
        click.option("-l", "--log-level", "--log_level", "log_level", help="of every role  [default: debug]"),
        click.option("-j", "--jar", help="a FrankenPaxos jar, or 'reference'  [default: the reference jar]"),
        click.option("--java", default="java", show_default=True, metavar="PATH", help="which java starts the JVMs"),
        click.option("--jvm-arg", multiple=True, metavar="ROLE:ARG", help="a further JVM argument of a role"),
        click.option("--flag", multiple=True, metavar="ROLE:--NAME=VALUE", help="a further flag of a role, for a fork"),
        click.option("--cluster", metavar="FILE", help="FrankenPaxos's f -> pool -> addresses, or a launcher.yaml"),
        click.option("--place", multiple=True, metavar="[ROLE=]HOW", help="spread (default), pack or exclusive"),
        click.option(
            "-s", "--suite-directory", "--suite_directory", "suite_directory", default="./suites", show_default=True,
            envvar="FPRAY_SUITE_DIRECTORY", show_envvar=True, help="where suites go; or one suite, to carry it on",
        ),
        click.option(
            "-a", "--address", multiple=True, metavar="ADDRESS",
            help="a Ray cluster  [default: RAY_ADDRESS, else this machine's, else an embedded Ray]",
        ),
        click.option("--scratch", metavar="DIR", help="below which directory of its own each machine works"),
        click.option("--local", is_flag=True, help="an embedded Ray on this machine, whatever else there is"),
        click.option("-m", "--monitor", is_flag=True, help="(not yet) watch the roles with Prometheus"),
        click.option("-p", "--profile", is_flag=True, help="(not yet) profile the roles"),
        click.option("-i", "--identity-file", "--identity_file", "identity_file", hidden=True),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def running_away(command: Command) -> Command:
    """Of what may go on without the terminal that it was started from."""
    detach = click.option("--detach", is_flag=True, help="return when it is under way; fpray status, attach and stop")
    notify = click.option(
        "--notify", multiple=True, metavar="COMMAND|URL", help="told when it has ended, stalls, or mostly fails"
    )
    as_job = click.option("--as-job", metavar="WHERE", hidden=True)  # on the head, for a laptop that says WHERE it is
    return detach(notify(as_job(command)))


def _run_by_itself(ctx: click.Context, request: Any, detach: bool, as_json: bool, as_job: str | None) -> None:
    """Where the driver is to run by itself, have it do so, and end: on the cluster, or here with `--detach`."""
    from fpray.driver.remote_head import is_elsewhere, run_there, words_without
    from fpray.errors import refuse

    elsewhere = is_elsewhere(request)
    if not (elsewhere or detach or as_job is not None):
        return
    if as_json:
        said = "has nobody to print to, since the driver runs by itself: results.csv and results.parquet hold the same"
        raise refuse("--json", said)
    if elsewhere:
        from fpray.driver.request import check

        check(request)
        run_there(request, sys.argv[1:])
    from fpray.report.detach import hang_up_ends, start
    from fpray.store.suite import Suite

    words = words_without([word for word in sys.argv[1:] if word != "--detach"], "--as-job")
    hang_up_ends()
    suite, code = start(words) if as_job is None else _as_job(words)
    if suite is None:
        ctx.exit(code)
    where = f" {as_job}" if as_job else ""
    name = Suite(suite).short
    if detach:
        click.echo(f"detached · {suite} · fpray status{where} · fpray attach {name}{where} · fpray stop {name}{where}")
        ctx.exit(0)
    from fpray.report.status import attach

    ctx.exit(attach(Suite(suite), where))


def _as_job(words: list[str]) -> tuple[Path | None, int]:
    """Start a driver as a job of Ray's, or where Ray takes none, as a process of its own."""
    from fpray.cluster.jobs import NoJobs, as_job
    from fpray.report.detach import start

    try:
        return start(words, as_job)
    except NoJobs as why:
        click.echo(f"Ray's jobs cannot be used ({why}): the driver is a process of its own on the head", err=True)
        return start(words)


def _request(words: dict[str, Any], kind: Callable[..., Any] | None = None, **more: Any) -> Any:
    """The request that a command line's words make: a sweep's, or of another kind with more to it."""
    from fpray.driver.request import Request, TrialSelection, parse_flags, parse_jvm_args
    from fpray.plan.placement_policy import parse_place
    from fpray.report.detach import leaving
    from fpray.study.study import parse_set, parse_vary

    if words["identity_file"]:
        click.echo("-i is FrankenPaxos's SSH key: not needed, processes are started by Ray", err=True)
    vary, wrong_vary = parse_vary(words.get("vary", ()))
    fixed, wrong_set = parse_set(words["set_"])
    jvm_args, wrong_args = parse_jvm_args(words["jvm_arg"])
    flags, wrong_flags = parse_flags(words["flag"])
    place, wrong_place = parse_place(words["place"])
    wrong = [*wrong_vary, *wrong_set, *wrong_args, *wrong_flags, *wrong_place, *more.pop("wrong_words", ())]
    if len(words["address"]) > 1:
        wrong.append(Problem("--address", "names one Ray cluster; machines are named by --cluster FILE"))
    asked = {"monitored": words["monitor"], "profiled": words["profile"]}
    points = TrialSelection(
        words["protocol"],
        words["study"],
        vary,
        {**{name: "true" for name, wanted in asked.items() if wanted}, **fixed},
        words.get("repeat"),
        words["log_level"],
    )
    return (kind or Request)(
        points,
        suite_directory=words["suite_directory"],
        jar=words["jar"],
        java=words["java"],
        jvm_args=jvm_args,
        flags=flags,
        place=place,
        wrong_words=tuple(wrong),
        cluster_file=words["cluster"],
        address=words["address"][0] if words["address"] else None,
        local=words["local"],
        keep_raw=words.get("raw", "keep") == "keep",
        new=words.get("new", False),
        rerun=tuple(words.get("rerun", ())),
        accept_change=words.get("accept_change", False),
        parallel=words.get("parallel"),
        share_machines=words.get("share_machines", False),
        leaving=leaving(),
        notify=tuple(words.get("notify", ())),
        order=words.get("order"),
        retries=words.get("retries"),
        keep_going=words.get("keep_going", False),
        pilot=words.get("pilot", False),
        scratch=words["scratch"],
        command=shlex.join(["fpray", *sys.argv[1:]]),
        **more,
    )


@main.command()
@points_options
@click.option("--raw", type=click.Choice(["keep", "drop"]), default="keep", show_default=True, help="recorder rows")
@click.option("--new", is_flag=True, help="start a new suite, even where one could be carried on")
@click.option("--rerun", multiple=True, metavar="failed|TRIAL", help="repeat trials; the earlier attempt is kept")
@click.option("--accept-change", is_flag=True, help="go on in a suite that was started with another jar")
@click.option("--parallel", type=int, metavar="N", help="so many trials side by side  [default: as many as fit]")
@click.option("--share-machines", is_flag=True, help="let trials side by side measure on the same machines")
@click.option("--retries", type=int, metavar="N", help="of what a lost machine or actor ended  [default: 2]")
@click.option("--keep-going", is_flag=True, help="whatever fails  [default: stop when most trials fail]")
@click.option(
    "--order",
    metavar="random|grid|largest-first",
    help="of trials, in each round of repeats  [default: random on several machines, grid on one]",
)
@click.option("--pilot", is_flag=True, help="first the corners of the grid, short; stop where one fails")
@click.option("--dry-run", is_flag=True, help="say how much there is to do, and stop")
@click.option("--json", "as_json", is_flag=True, help="one JSON object per trial on standard output")
@running_away
@click.pass_context
def sweep(ctx: click.Context, /, dry_run: bool, as_json: bool, detach: bool, as_job: str | None, **words: Any) -> None:
    """Run the trials of a study of PROTOCOL, or carry on with them.

    Exit code 0: every trial finished; 1: some did not; 2: refused before anything started; 130: interrupted.
    """
    request = _request(words)
    if dry_run:
        from fpray.driver.dry_run import summary_lines

        for line in summary_lines(request):
            click.echo(line)
        return
    _run_by_itself(ctx, request, detach, as_json, as_job)
    from fpray.driver.session import run_sweep

    _exit_as(ctx, run_sweep, request, as_json)


def _exit_as(ctx: click.Context, run: Callable[..., Any], request: Any, as_json: bool) -> None:
    """Run what was asked for so that it can be interrupted, and exit with what it came to."""
    if sys.stderr is None:  # closed by the shell (2>&-): what is said must not end up among the JSON
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123
    interruptible()
    result = run(request, on_trial=_print_json if as_json else lambda _number, _trial, _outcome: None)
    ctx.exit(result.exit_code)


def _print_json(number: str, trial: Any, outcome: Any) -> None:
    from fpray.protocol.params import to_json

    content = {"trial": number, "id": trial.id, "repeat": trial.repeat, "params": to_json(trial.params)}
    click.echo(json.dumps(content | outcome.to_json()))


def interruptible() -> None:
    """Ctrl-C, a TERM and a closed terminal (but for nohup) all end a sweep cleanly; a second one ends it at once.

    Even then nothing is left: every keeper ends what it keeps when its actor or its raylet is gone.
    """

    nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    numbers = (signal.SIGINT, signal.SIGTERM, *(() if nohup else (signal.SIGHUP,)))

    def first(_number: int, _frame: Any) -> None:
        for number in numbers:
            signal.signal(number, second)
        with contextlib.suppress(OSError):  # the terminal is closed
            click.echo("stopping what runs (once more leaves at once)", err=True)
        raise KeyboardInterrupt

    def second(_number: int, _frame: Any) -> None:
        if sys.stderr.isatty():
            sys.stderr.write("\x1b[?25h\n")  # the live line hid the cursor
            sys.stderr.flush()
        os._exit(130)

    for number in numbers:
        signal.signal(number, first)


class _Share(click.ParamType[float]):
    """`2%` or `0.02`."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return float(value[:-1]) / 100 if str(value).endswith("%") else float(value)
        except ValueError:
            self.fail(f"{value!r} is no share: write 2% or 0.02", param, ctx)


@main.command()
@click.option("--maximize", multiple=True, metavar="COLUMN", help="a column of the results that is to be large")
@click.option("--minimize", multiple=True, metavar="COLUMN", help="one that is to be small; several goals: a front")
@click.option("--subject-to", multiple=True, metavar="'COLUMN<=N'", help="a bound (or >=); several may be given")
@click.option("--space", multiple=True, metavar="KEY=LOW..HIGH", help="LOW..HIGH[:log|:step=N], or V1,V2,V3")
@click.option("--sampler", default="ours", show_default=True, metavar="NAME", help="or one of Optuna's: tpe, gp, ...")
@click.option(
    "--storage",
    metavar="WHERE",
    help="of the Optuna study: journal, sqlite, memory, or a database URL  [default: journal]",
)
@click.option("--stop-at", type=_Share(), metavar="SHARE", help="no likelier gain than this ends it  [default: 2%]")
@click.option("--confirm", type=int, metavar="N", help="so many runs of the best  [default: 3]")
@click.option("--budget-trials", type=int, metavar="N", help="at most so many trials  [default: 50]")
@click.option("--budget-minutes", type=float, metavar="M", help="at most so many minutes of trials")
@click.option("--budget-dollars", type=float, metavar="D", help="at most so many dollars of machines")
@click.option("--price-per-machine-hour", type=float, metavar="D", help="what dollars are reckoned by")
@click.option("--seed", type=int, help="of the sampler's chance  [default: a new one]")
@click.option("--raw", type=click.Choice(["keep", "drop"]), default="keep", show_default=True, help="recorder rows")
@click.option("--new", is_flag=True, help="start a new suite, even where one could be carried on")
@click.option("--accept-change", is_flag=True, help="go on in a suite that was started with another jar")
@click.option("--parallel", type=int, default=1, metavar="N", help="so many trials side by side  [default: 1]")
@click.option("--share-machines", is_flag=True, help="let trials side by side measure on the same machines")
@click.option("--retries", type=int, metavar="N", help="of what a lost machine or actor ended  [default: 2]")
@click.option("--keep-going", is_flag=True, help="whatever fails  [default: stop when most trials fail]")
@click.option("--dry-run", is_flag=True, help="say where it would look and how much that takes, and stop")
@click.option("--json", "as_json", is_flag=True, help="one JSON object per trial on standard output")
@running_away
@base_options
@click.pass_context
def search(ctx: click.Context, /, dry_run: bool, as_json: bool, detach: bool, as_job: str | None, **words: Any) -> None:
    """Look for the best configuration of PROTOCOL under bounds, in few trials, or carry on looking.

    \b
    fpray search multipaxos --maximize write_output.measured.throughput \\
        --subject-to 'write_output.measured.latency.p99_ms<=5' \\
        --space num_clients_per_proc=1..1024:log --space num_proxy_leaders=2..10

    Exit code 0: a configuration meets the bounds; 1: none was found; 2: refused before anything started; 130:
    interrupted.
    """
    from fpray.searching.request import SearchRequest
    from fpray.study.study import key_values

    space, wrong = key_values("--space", words["space"])
    names = "maximize minimize subject_to sampler storage stop_at confirm seed budget_trials budget_minutes"
    more = {name: words[name] for name in (*names.split(), "budget_dollars", "price_per_machine_hour")}
    request = _request(words, SearchRequest, wrong_words=wrong, space=space, **more)
    if dry_run:
        from fpray.searching.messages import preview_line

        click.echo(preview_line(request))
        return
    _run_by_itself(ctx, request, detach, as_json, as_job)
    from fpray.searching.run import run_search

    _exit_as(ctx, run_search, request, as_json)


@main.command()
@points_options
@click.option("--json", "as_json", is_flag=True, help="the plans as a JSON list")
def plan(as_json: bool, **words: Any) -> None:
    """Show what a sweep would run: files and processes of every trial. Needs neither Ray nor Java."""
    from fpray.driver.dry_run import plans, text

    request = _request(words)
    if as_json:
        click.echo(json.dumps(plans(request), indent=1))
    else:
        for line in text(request):
            click.echo(line)


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--check", "jar", metavar="JAR", help="compare what a jar's mains accept with what they would be given")
@click.option("--java", default="java", show_default=True, metavar="PATH", help="which java asks the jar's mains")
@click.option(
    "--markdown", is_flag=True, help="as a document: roles, studies, what the original would launch otherwise"
)
@click.pass_context
def protocols(ctx: click.Context, names: tuple[str, ...], jar: str | None, java: str, markdown: bool) -> None:
    """List the protocols, or describe one: roles, parameters, defaults, constraints, a cluster file.

    With --check: whether JAR (or 'reference') runs them. Nothing that serves is started. Exit code 0: what the jar has
    fits; 1: something does not, or a protocol that is named is not in it.
    """
    from fpray.report.catalog import describe, document, list_protocols
    from fpray.study import registry

    found = [registry.find_protocol(name) for name in names]
    if jar is not None:
        from fpray.jar.check import Check

        check = Check(jar, java, found or list(registry.protocols().values()), named=bool(names))
        for line in check.lines():
            click.echo(line)
        ctx.exit(0 if check.fits else 1)
    if markdown:
        wanted = {each.name: each for each in found} or registry.protocols()
        for line in document(wanted, registry.studies()):
            click.echo(line)
        return
    for line in list_protocols(registry.protocols()) if not found else ():
        click.echo(line)
    for each in found:
        for line in describe(each, registry.studies().get(each.name, {})):
            click.echo(line)


@main.command()
@click.argument("names", nargs=-1, metavar="[PROTOCOL]...")
@click.option("--json", "as_json", is_flag=True, help="one JSON list, with the machines of each pool")
def studies(names: tuple[str, ...], as_json: bool) -> None:
    """List the studies, of all protocols or of some: trials, processes, machines and planned time."""
    from fpray.report.studies import needs, table
    from fpray.study import registry

    found = [registry.find_protocol(name) for name in names] or registry.protocols().values()
    listed = [needs(each, study) for each in found for study in registry.studies().get(each.name, {}).values()]
    if as_json:
        click.echo(json.dumps([each.to_json() for each in listed], indent=1))
    else:
        for line in table(listed):
            click.echo(line)


@main.command()
@click.argument("suite", metavar="SUITE[/TRIAL]")
@_where_suites
@_there
@click.option("--figure", multiple=True, metavar="FILE", help="draw a search as FILE.png, FILE.svg or FILE.html")
def show(suite: str, suite_directory: str, figure: tuple[str, ...]) -> None:
    """Show what happened: the trials of a suite with the answer of a search, or the processes of one trial."""
    from fpray.report.show import show as show_it

    root = Path(suite_directory).expanduser()
    if not figure:
        show_it(suite, root)
        return
    from fpray.searching.figures import draw
    from fpray.store.suite import find_suite

    for file in figure:
        draw(find_suite(suite.rstrip("/"), root), Path(file).expanduser())
        click.echo(f"{file} is drawn")


@main.command()
@_where_suites
@_there
@click.option("--json", "as_json", is_flag=True, help="a JSON list")
def status(suite_directory: str, as_json: bool) -> None:
    """List the sweeps and searches: how far those are that run, and how the others ended."""
    from fpray.report.status import standings, status_lines

    root = Path(suite_directory).expanduser()
    found = standings(root, lambda why: click.echo(why, err=True))
    if as_json:
        click.echo(json.dumps([each.to_json() for each in found], indent=1))
        return
    for line in status_lines(found):
        click.echo(line)
    if not found:
        click.echo(f"no suite in {root}", err=True)


@main.command()
@click.argument("suite")
@_where_suites
@_there
@click.pass_context
def attach(ctx: click.Context, suite: str, suite_directory: str) -> None:
    """Show the live display of a sweep until it ends. Ctrl-C ends the display; the sweep goes on.

    Exit code: the sweep's; 0 when you left before it ended.
    """
    from fpray.report.status import attach as attach_to
    from fpray.store.suite import find_suite

    signal.signal(signal.SIGINT, signal.default_int_handler)
    ctx.exit(attach_to(find_suite(suite.rstrip("/"), Path(suite_directory).expanduser())))


@main.command()
@click.argument("suite")
@_where_suites
@_there
def stop(suite: str, suite_directory: str) -> None:
    """End a sweep as Ctrl-C would: nothing is left running, and the same command carries on."""
    from fpray.report.status import stop as stop_it
    from fpray.store.suite import find_suite

    click.echo(stop_it(find_suite(suite.rstrip("/"), Path(suite_directory).expanduser())))


@main.command()
@click.argument("trial", metavar="SUITE/TRIAL")
@click.argument("label", required=False)
@click.option("-f", "--follow", is_flag=True, help="go on while it runs")
@_where_suites
@_there
def logs(trial: str, label: str | None, follow: bool, suite_directory: str) -> None:
    """Print what a process of a trial has written; without LABEL, list its processes."""
    from fpray.report.logs import far_reader, labels, read_log
    from fpray.store.suite import find_trial

    suite, directory = find_trial(trial, Path(suite_directory).expanduser())
    if label is None:
        for each in labels(directory):
            click.echo(each)
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing to clean up
    with far_reader(suite) as far:
        for piece in read_log(directory, label, follow=follow, far=far):
            click.echo(piece, nl=False)


@main.command()
@click.argument("trial", metavar="SUITE/TRIAL")
@click.argument("label")
@click.option("--cluster", "cluster_file", metavar="FILE", help="as for a sweep")
@click.option("-a", "--address", metavar="ADDRESS", help="a Ray cluster  [default: as for a sweep]")
@click.option("--local", is_flag=True, help="an embedded Ray on this machine, whatever else there is")
@_where_suites
def debug(trial: str, label: str, suite_directory: str, **where: Any) -> None:
    """Run all of a trial but the process LABEL, which you run by hand: says what to paste where, until Ctrl-C."""
    from fpray.driver.debug import debug as hold
    from fpray.store.suite import find_trial

    if where["cluster_file"] is not None and where["address"] is None:
        from fpray.cluster.launcher import is_launcher_file
        from fpray.driver.remote_head import run_on_head, words_without

        if is_launcher_file(where["cluster_file"]):
            words = words_without(sys.argv[1:], "--cluster")
            run_on_head(Path(where["cluster_file"]).expanduser(), words, with_machines=True)
    suite, directory = find_trial(trial, Path(suite_directory).expanduser())
    interruptible()
    hold(suite, directory, label, **where)
