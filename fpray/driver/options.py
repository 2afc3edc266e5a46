"""The options of `fpray plan` and `fpray sweep`, each stated once: the command line, Python and the docs show these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypedDict

from fpray.driver.option import Completion, Group, Option
from fpray.driver.option_checks import (
    at_least,
    cross_without_grid,
    is_absolute,
    local_and_address,
    one_of,
    set_and_varied,
)
from fpray.driver.option_texts import (
    PathText,
    Texts,
    as_list,
    read_address,
    read_flags,
    read_jar,
    read_jvm_args,
    read_path,
    read_place,
    read_scratch,
    read_set,
    read_study,
    read_vary,
    read_where,
    reader,
)
from fpray.driver.run_options import PARALLEL, RunOptions
from fpray.files.paths import GivenPath, program
from fpray.jar.find import REFERENCE
from fpray.plan.placement_policy import EXCLUSIVE, PACK, SPREAD
from fpray.store.usual_root import ROOT_VARIABLE, USUAL_ROOT
from fpray.study.order import ORDERS

LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")


class BaseOptions(TypedDict, total=False):
    """Of which protocol, from which parameters, with which jar, on which machines: of all commands."""

    study: Annotated[
        PathText,
        Option(
            "run this study: its name, or a FILE.py that defines STUDY",
            Group.TRIALS,
            "smoke",
            completion=Completion.STUDIES,
            read=reader("--study", read_study, "smoke"),
        ),
    ]
    set: Annotated[
        Mapping[str, Any],
        Option(
            "set a parameter to one value, in every trial",
            Group.TRIALS,
            {},
            completion=Completion.PARAMETERS,
            metavar="KEY=VALUE",
            read=read_set,
        ),
    ]
    laptop: Annotated[
        bool, Option("make the trials of any study short and small enough for a laptop", Group.TRIALS, False)
    ]
    log_level: Annotated[
        str | None,
        Option(
            f"set the log level of every role: {', '.join(LOG_LEVELS)}",
            Group.PROCESSES,
            default_words="debug",
            words=("-l", "--log-level", "--log_level"),
            check=one_of(LOG_LEVELS),
        ),
    ]
    suite_directory: Annotated[
        PathText,
        Option(
            "create suites in this directory; if it is a suite, or the letters of one, continue that suite",
            Group.RESULTS,
            USUAL_ROOT,
            words=("-s", "--suite-directory", "--suite_directory"),
            environment=ROOT_VARIABLE,
            read=reader("-s", GivenPath.of),
        ),
    ]
    jar: Annotated[
        PathText | None,
        Option(
            f"run this FrankenPaxos jar, or '{REFERENCE}', the small example jar of fpray",
            Group.PROCESSES,
            default_words="reference, on one machine",
            words=("-j", "--jar"),
            read=reader("--jar", read_jar),
        ),
    ]
    java: Annotated[
        PathText,
        Option(
            "start the JVMs with this java program",
            Group.PROCESSES,
            "java",
            metavar="PATH",
            read=reader("--java", program),
        ),
    ]
    jvm_arg: Annotated[
        Texts,
        Option("add an argument to the JVMs of a role", Group.PROCESSES, (), metavar="ROLE:ARG", read=read_jvm_args),
    ]
    flags: Annotated[
        Texts,
        Option(
            "add a flag to the command line of a role, such as a flag that only your fork has",
            Group.PROCESSES,
            (),
            words=("--flag",),
            metavar="ROLE:--NAME=VALUE",
            read=read_flags,
        ),
    ]
    cluster: Annotated[
        PathText | None,
        Option(
            "use the machines of this file: a JSON file of pools, as for FrankenPaxos, or a launcher.yaml",
            Group.MACHINES,
            metavar="FILE",
            read=reader("--cluster", read_path),
        ),
    ]
    place: Annotated[
        Texts,
        Option(
            f"put a role on all machines of its pool ({SPREAD}), on one machine ({PACK}), or on machines without"
            f" other roles ({EXCLUSIVE})",
            Group.MACHINES,
            (),
            default_words=SPREAD,
            metavar="[ROLE=]HOW",
            read=read_place,
        ),
    ]
    address: Annotated[
        str | None,
        Option(
            "use the Ray cluster at this address",
            Group.MACHINES,
            default_words="RAY_ADDRESS, else the cluster of this machine, else an embedded Ray",
            words=("-a", "--address"),
            metavar="ADDRESS",
            by_spelling=True,
            multiple=True,
            read=read_address,
        ),
    ]
    local: Annotated[
        bool,
        Option(
            "use an embedded Ray on this machine, even if there is a Ray cluster",
            Group.MACHINES,
            False,
            conflicts=local_and_address,
        ),
    ]
    scratch: Annotated[
        PathText | None,
        Option(
            "let the processes of trials work in this directory, on every machine",
            Group.MACHINES,
            metavar="DIR",
            read=reader("--scratch", read_scratch),
            check=is_absolute,
        ),
    ]
    monitor: Annotated[
        bool,
        Option(
            "monitor the roles with Prometheus (not implemented yet)",
            Group.MEASUREMENTS,
            False,
            words=("-m", "--monitor"),
        ),
    ]
    instrument: Annotated[
        Texts,
        Option(
            "add this instrument to every trial (see docs/instruments.md)",
            Group.MEASUREMENTS,
            (),
            metavar="NAME",
            read=as_list,
        ),
    ]
    profile: Annotated[
        bool,
        Option("profile the roles (not implemented yet)", Group.MEASUREMENTS, False, words=("-p", "--profile")),
    ]


class GridOptions(TypedDict, total=False):
    """Which trials of a study."""

    vary: Annotated[
        Mapping[str, Sequence[Any] | str],
        Option(
            "run trials with each of these values of a parameter; several --vary make a grid of all combinations",
            Group.TRIALS,
            {},
            completion=Completion.PARAMETERS,
            metavar="KEY=V1,V2",
            read=read_vary,
            conflicts=set_and_varied,
        ),
    ]
    cross: Annotated[
        bool,
        Option("run the grid of --vary at each point of the study", Group.TRIALS, False, conflicts=cross_without_grid),
    ]
    only: Annotated[
        Texts,
        Option(
            "run only the points with these numbers, of the study or of the grid",
            Group.TRIALS,
            (),
            metavar="N[-M]",
            read=as_list,
        ),
    ]
    where: Annotated[
        Mapping[str, Sequence[Any] | str],
        Option(
            "run only the points at which a parameter has one of these values",
            Group.TRIALS,
            {},
            metavar="KEY=V1,V2",
            read=read_where,
        ),
    ]
    repeat: Annotated[
        int | None,
        Option("run each point N times", Group.TRIALS, default_words="the study's", metavar="N", check=at_least(1)),
    ]


class PlanOptions(BaseOptions, GridOptions, total=False):
    """The options of `fpray plan`."""


class SweepOptions(PlanOptions, RunOptions, total=False):
    """The options of `fpray sweep` and `fpray.sweep`."""

    parallel: Annotated[int | None, PARALLEL]
    rerun: Annotated[
        Texts,
        Option(
            "repeat all failed trials, or the trial with this number; the earlier attempts stay on disk",
            Group.TRIALS,
            (),
            metavar="failed|TRIAL",
            read=as_list,
        ),
    ]
    order: Annotated[
        str | None,
        Option(
            "run the points in this order, in each round of repeats",
            Group.TRIALS,
            default_words="random on several machines, grid on one",
            metavar="random|grid|largest-first",
            check=one_of(ORDERS),
        ),
    ]
    pilot: Annotated[
        bool,
        Option(
            "first run a short trial at each corner of the grid, and stop if one of them fails", Group.TRIALS, False
        ),
    ]
