"""The options of `fpray plan` and `fpray sweep`, each stated once: the command line, Python and the docs show these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from os import PathLike, fspath
from typing import Annotated, Any, Literal, TypedDict

from fpray.driver.notify_targets import read_targets
from fpray.driver.option import Option
from fpray.driver.option_texts import (
    listed,
    read_address,
    read_flags,
    read_jvm_args,
    read_place,
    read_set,
    read_size,
    read_vary,
    read_where,
    reader,
)
from fpray.errors import Cause, Problem, nearest
from fpray.files.paths import GivenPath, absolute, program
from fpray.files.secret import Secret
from fpray.jar.find import REFERENCE
from fpray.store.usual_root import ROOT_VARIABLE, USUAL_ROOT
from fpray.study.order import ORDERS
from fpray.study.study_file import is_study_file

LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")
PathText = str | PathLike[str]
Texts = str | Sequence[str]


def at_least(lowest: int) -> Callable[[int], str | None]:
    """A check of a number."""
    sentence = "must be 0 or more" if lowest == 0 else f"must be at least {lowest}"
    return lambda value: None if value >= lowest else sentence


def one_of(words: Sequence[str]) -> Callable[[str], str | None]:
    """A check of a word."""
    return lambda word: None if word in words else f"must be one of {', '.join(words)}{nearest(word, words)}"


def as_list(value: Any) -> tuple[tuple[str, ...], Iterable[Problem]]:
    """A text, or several, as a list; nothing can be wrong with it."""
    return tuple(listed(value)), ()


def _path(value: PathText) -> str:
    return str(absolute(value))


def _jar(value: PathText) -> str:
    return REFERENCE if value == REFERENCE else _path(value)


def _study(value: PathText) -> str:
    return _path(value) if is_study_file(fspath(value)) else fspath(value)


def _scratch(value: PathText) -> str:
    return _path(value) if fspath(value).startswith("~") else fspath(value)


def _notify(value: Any) -> tuple[tuple[Secret, ...], Iterable[Problem]]:
    return read_targets(listed(value))


def _raw(value: Any) -> tuple[str, Iterable[Problem]]:
    wrong = [] if value in ("keep", "drop") else [Problem(f"raw={value!r}", "must be 'keep' or 'drop'", Cause.OPTION)]
    return value, wrong


def _is_absolute(path: str) -> str | None:
    if path.startswith("/"):
        return None
    return "must be an absolute path, such as /data: trials use this directory on every machine"


def _in_both(values: Mapping[str, Any]) -> Iterator[Problem]:
    for key, points in values["vary"].items():
        if not points:
            yield Problem(
                f"--vary {key}", f"lists no value: write its values after =, such as --vary {key}=1,2", Cause.POINTS
            )
        if key in values["set"]:
            yield Problem(key, "has values in --vary and in --set: remove it from one of the two", Cause.POINTS)


def _a_grid_to_cross(values: Mapping[str, Any]) -> Iterator[Problem]:
    if values["cross"] and not values["vary"]:
        yield Problem(
            "--cross",
            "needs values that are run at each point of the study: add --vary, such as --vary f=1,2",
            Cause.POINTS,
        )


def _shared_by_how_many(values: Mapping[str, Any]) -> Iterator[Problem]:
    if values["share_machines"] and values["parallel"] is None:
        yield Problem(
            "--share-machines",
            "needs the number of trials that share the machines: add --parallel, such as --parallel 2",
            Cause.OPTION,
        )


def _one_machine_or_a_cluster(values: Mapping[str, Any]) -> Iterator[Problem]:
    if values["local"] and values["address"].ray is not None:
        yield Problem(
            "--local",
            f"means this machine only, but --address {values['address'].ray} names a cluster: remove one of the"
            " two options",
            Cause.OPTION,
        )


class BaseOptions(TypedDict, total=False):
    """Of which protocol, from which parameters, with which jar, on which machines: of all commands."""

    study: Annotated[
        PathText, Option("a named study, or FILE.py with STUDY", "smoke", read=reader("--study", _study, "smoke"))
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
            read=reader("--jar", _jar),
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
        Option("FrankenPaxos's JSON of pools, or a launcher.yaml", metavar="FILE", read=reader("--cluster", _path)),
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
        Option("use an embedded Ray on this machine in any case", False, conflicts=_one_machine_or_a_cluster),
    ]
    scratch: Annotated[
        PathText | None,
        Option(
            "a directory on each machine, in which its processes work",
            metavar="DIR",
            read=reader("--scratch", _scratch),
            check=_is_absolute,
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
            conflicts=_in_both,
        ),
    ]
    cross: Annotated[
        bool, Option("run the grid of --vary at each point of the study", False, conflicts=_a_grid_to_cross)
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

    raw: Annotated[Literal["keep", "drop"], Option("rows of the recorder", "keep", read=_raw)]
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
        bool, Option("let parallel trials measure on the same machines", False, conflicts=_shared_by_how_many)
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
            read=_notify,
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
