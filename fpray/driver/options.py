"""The options of `fpray plan` and `fpray sweep`, each stated once: the command line, Python and the docs show these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, TypedDict

from fpray.driver.option import Option
from fpray.driver.option_checks import (
    at_least,
    cross_without_grid,
    is_absolute,
    local_and_address,
    one_of,
    set_and_varied,
    shared_by_unknown_number,
)
from fpray.driver.option_texts import (
    PathText,
    as_list,
    read_address,
    read_flags,
    read_jar,
    read_jvm_args,
    read_notify,
    read_path,
    read_place,
    read_raw,
    read_scratch,
    read_set,
    read_size,
    read_study,
    read_vary,
    read_where,
    reader,
)
from fpray.files.paths import GivenPath, program
from fpray.store.usual_root import ROOT_VARIABLE, USUAL_ROOT
from fpray.study.order import ORDERS

LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")
Texts = str | Sequence[str]


class BaseOptions(TypedDict, total=False):
    """Of which protocol, from which parameters, with which jar, on which machines: of all commands."""

    study: Annotated[
        PathText, Option("a named study, or FILE.py with STUDY", "smoke", read=reader("--study", read_study, "smoke"))
    ]
    set: Annotated[
        Mapping[str, Any],
        Option("set a parameter for every trial", {}, metavar="KEY=VALUE", read=read_set),
    ]
    laptop: Annotated[bool, Option("make the trials of any study small enough for a laptop", False)]
    log_level: Annotated[
        str | None,
        Option(
            "log level of every role  [default: debug]",
            words=("-l", "--log-level", "--log_level"),
            check=one_of(LOG_LEVELS),
        ),
    ]
    suite_directory: Annotated[
        PathText,
        Option(
            "where suites are made; or one suite, to continue it",
            USUAL_ROOT,
            words=("-s", "--suite-directory", "--suite_directory"),
            environment=ROOT_VARIABLE,
            read=reader("-s", GivenPath.of),
        ),
    ]
    jar: Annotated[
        PathText | None,
        Option(
            "a FrankenPaxos jar, or 'reference'  [default: the reference jar]",
            words=("-j", "--jar"),
            read=reader("--jar", read_jar),
        ),
    ]
    java: Annotated[
        PathText, Option("the java that starts the JVMs", "java", metavar="PATH", read=reader("--java", program))
    ]
    jvm_arg: Annotated[Texts, Option("add a JVM argument to a role", (), metavar="ROLE:ARG", read=read_jvm_args)]
    flags: Annotated[
        Texts,
        Option(
            "add a flag to a role (for a fork)",
            (),
            words=("--flag",),
            metavar="ROLE:--NAME=VALUE",
            read=read_flags,
        ),
    ]
    cluster: Annotated[
        PathText | None,
        Option("FrankenPaxos's JSON of pools, or a launcher.yaml", metavar="FILE", read=reader("--cluster", read_path)),
    ]
    place: Annotated[Texts, Option("spread (default), pack or exclusive", (), metavar="[ROLE=]HOW", read=read_place)]
    address: Annotated[
        str | None,
        Option(
            "a Ray cluster  [default: RAY_ADDRESS, else the cluster of this machine, else an embedded Ray]",
            words=("-a", "--address"),
            metavar="ADDRESS",
            by_spelling=True,
            multiple=True,
            read=read_address,
        ),
    ]
    local: Annotated[
        bool,
        Option("use an embedded Ray on this machine in any case", False, conflicts=local_and_address),
    ]
    scratch: Annotated[
        PathText | None,
        Option(
            "a directory on each machine, in which its processes work",
            metavar="DIR",
            read=reader("--scratch", read_scratch),
            check=is_absolute,
        ),
    ]
    monitor: Annotated[bool, Option("(not yet) monitor the roles with Prometheus", False, words=("-m", "--monitor"))]
    instrument: Annotated[
        Texts, Option("add an instrument to every trial (docs/instruments.md)", (), metavar="NAME", read=as_list)
    ]
    profile: Annotated[bool, Option("(not yet) profile the roles", False, words=("-p", "--profile"))]


class GridOptions(TypedDict, total=False):
    """Which trials of a study."""

    vary: Annotated[
        Mapping[str, Sequence[Any] | str],
        Option(
            "vary a parameter; the grid is the product",
            {},
            metavar="KEY=V1,V2",
            read=read_vary,
            conflicts=set_and_varied,
        ),
    ]
    cross: Annotated[
        bool, Option("run the grid of --vary at each point of the study", False, conflicts=cross_without_grid)
    ]
    only: Annotated[
        Texts, Option("run only these points of the study or grid, by number", (), metavar="N[-M]", read=as_list)
    ]
    where: Annotated[
        Mapping[str, Sequence[Any] | str],
        Option("run only the points with these values", {}, metavar="KEY=V1,V2", read=read_where),
    ]
    repeat: Annotated[
        int | None, Option("run each point N times  [default: the study's]", metavar="N", check=at_least(1))
    ]


class PlanOptions(BaseOptions, GridOptions, total=False):
    """The options of `fpray plan`."""


class RunOptions(TypedDict, total=False):
    """How trials are run, whatever asks for them."""

    raw: Annotated[Literal["keep", "drop"], Option("rows of the recorder", "keep", read=read_raw)]
    max_output: Annotated[
        str,
        Option(
            "keep so much of each output of a process: its beginning and its end",
            "100m",
            metavar="SIZE",
            read=read_size,
        ),
    ]
    new: Annotated[bool, Option("start a new suite even if one could be continued", False)]
    accept_change: Annotated[bool, Option("continue a suite that was started with another jar", False)]
    share_machines: Annotated[
        bool, Option("let parallel trials measure on the same machines", False, conflicts=shared_by_unknown_number)
    ]
    retries: Annotated[
        int | None,
        Option(
            "repeat a trial that lost a machine up to N times  [default: 2]",
            metavar="N",
            check=at_least(0),
        ),
    ]
    keep_going: Annotated[bool, Option("continue when most trials fail  [default: stop]", False)]
    notify: Annotated[
        Texts,
        Option(
            "run COMMAND or post to URL when it ends, stalls or mostly fails",
            (),
            metavar="COMMAND|URL",
            read=read_notify,
        ),
    ]


PARALLEL = Option("run up to N trials in parallel  [default: all that fit]", metavar="N", check=at_least(1))
ONE_AT_A_TIME = replace(PARALLEL, help="run up to N trials in parallel  [default: 1]", default=1)


class SweepOptions(PlanOptions, RunOptions, total=False):
    """The options of `fpray sweep` and `fpray.sweep`."""

    parallel: Annotated[int | None, PARALLEL]
    rerun: Annotated[
        Texts,
        Option("repeat trials; the earlier attempt is kept", (), metavar="failed|TRIAL", read=as_list),
    ]
    order: Annotated[
        str | None,
        Option(
            "order of trials in each round of repeats  [default: random on several machines, grid on one]",
            metavar="random|grid|largest-first",
            check=one_of(ORDERS),
        ),
    ]
    pilot: Annotated[bool, Option("first run short trials at the corners of the grid; stop if one fails", False)]
