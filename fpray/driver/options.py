"""The options of `fpray plan` and `fpray sweep`, each stated once: the command line, Python and the docs show these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypedDict

from fpray.driver.grid_options import GridOptions
from fpray.driver.option import Compared, Completion, Group, Option
from fpray.driver.option_checks import (
    is_absolute,
    local_and_others,
    one_of,
    profiler_alone,
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
    read_profiler,
    read_scratch,
    read_set,
    read_study,
)
from fpray.driver.rerun import read_rerun
from fpray.driver.run_options import PARALLEL, RunOptions
from fpray.files.paths import GivenPath, program
from fpray.jar.find import REFERENCE
from fpray.plan.placement_policy import EXCLUSIVE, PACK, SPREAD, place_texts
from fpray.plan.role_texts import flag_texts, jvm_arg_texts
from fpray.store.usual_root import ROOT_VARIABLE, USUAL_ROOT
from fpray.study.order import ORDERS

USUAL_STUDY = "smoke"  # where no study is named: what its points are is not asked for
LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")


class BaseOptions(TypedDict, total=False):
    """The options of all commands: the study, its parameters, the jar and the machines."""

    study: Annotated[
        PathText,
        Option(
            "run this study: its name, or a FILE.py that defines STUDY",
            Group.TRIALS,
            USUAL_STUDY,
            completion=Completion.STUDIES,
            convert=read_study,
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
            "create suites in this directory; if it is a suite, or a suite id, continue that suite",
            Group.RESULTS,
            USUAL_ROOT,
            words=("-s", "--suite-directory", "--suite_directory"),
            environment=ROOT_VARIABLE,
            convert=GivenPath.of,
            flag="-s",
        ),
    ]
    jar: Annotated[
        PathText | None,
        Option(
            f"run this FrankenPaxos jar, or '{REFERENCE}', the small example jar of fpray",
            Group.PROCESSES,
            default_words="reference, on one machine",
            words=("-j", "--jar"),
            convert=read_jar,
        ),
    ]
    java: Annotated[
        PathText,
        Option(
            "start the JVMs with this java program",
            Group.PROCESSES,
            "java",
            metavar="PATH",
            convert=program,
            compared=Compared(kind=str, always=True),
        ),
    ]
    jvm_arg: Annotated[
        Texts,
        Option(
            "add an argument to the JVMs of a role",
            Group.PROCESSES,
            (),
            metavar="ROLE:ARG",
            read=read_jvm_args,
            attribute="jvm_args",
            compared=Compared(kind=Mapping[str, Sequence[str]], texts=jvm_arg_texts, always=True),
        ),
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
            compared=Compared(kind=Mapping[str, Mapping[str, Any]], texts=flag_texts, always=True),
        ),
    ]
    cluster: Annotated[
        PathText | None,
        Option(
            "use the machines of this file: a JSON file of pools, as for FrankenPaxos, or a launcher.yaml",
            Group.MACHINES,
            metavar="FILE",
            convert=read_path,
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
            attribute="placement_policy",
            compared=Compared("place", Mapping[str, str], place_texts),
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
            conflicts=local_and_others,
        ),
    ]
    scratch: Annotated[
        PathText | None,
        Option(
            "let the processes of trials work in this directory, on every machine",
            Group.MACHINES,
            metavar="DIR",
            convert=read_scratch,
            check=is_absolute,
        ),
    ]
    monitor: Annotated[
        bool,
        Option(
            "monitor the roles with Prometheus (see docs/metrics.md)",
            Group.MEASUREMENTS,
            False,
            words=("-m", "--monitor"),
            parameter="monitored",
        ),
    ]
    prometheus: Annotated[
        PathText,
        Option(
            "monitor with this Prometheus server",
            Group.MEASUREMENTS,
            "prometheus",
            metavar="PATH",
            convert=program,
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
            attribute="instruments",
            compared=Compared(kind=Sequence[str]),
        ),
    ]
    profile: Annotated[
        bool,
        Option(
            "profile each process, and draw a flame graph of each role (see docs/profiles.md)",
            Group.MEASUREMENTS,
            False,
            words=("-p", "--profile"),
            parameter="profiled",
        ),
    ]
    profiler: Annotated[
        str | None,
        Option(
            "profile with jfr (JDK Flight Recorder), or with async-profiler: its libasyncProfiler.so, or the jar that"
            " has it, at this path on each machine",
            Group.MEASUREMENTS,
            default_words="jfr",
            metavar="jfr|async=PATH",
            convert=read_profiler,
            conflicts=profiler_alone,
            compared=Compared(),
        ),
    ]


class PlanOptions(BaseOptions, GridOptions, total=False):
    """The options of `fpray plan`."""


class SweepOptions(PlanOptions, RunOptions, total=False):
    """The options of `fpray sweep` and `fpray.sweep`."""

    parallel: Annotated[int | None, PARALLEL]
    rerun: Annotated[
        Texts,
        Option(
            "run all failed trials again, or the trial with this number; the earlier attempts stay on disk",
            Group.TRIALS,
            (),
            metavar="failed|TRIAL",
            read=read_rerun,
        ),
    ]
    order: Annotated[
        str | None,
        Option(
            "run the points in this order, in each round of repeats",
            Group.TRIALS,
            default_words="random on several machines, grid on one",
            metavar="|".join(ORDERS),
            check=one_of(ORDERS),
        ),
    ]
    pilot: Annotated[
        bool,
        Option(
            "first run a short trial at each corner of the grid, and stop if one of them fails", Group.TRIALS, False
        ),
    ]
