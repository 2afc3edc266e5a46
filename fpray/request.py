"""What a user asks for: the words of `fpray sweep` and `fpray.sweep`, checked before anything starts."""

from __future__ import annotations

import ipaddress
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from fpray import params as values
from fpray.cluster import Cluster, read_cluster_file
from fpray.errors import Problem, Refused, nearest, refuse, refuse_if_any
from fpray.jar import REFERENCE, Jar, find_jar, main_class_problems
from fpray.placement import placement_problems
from fpray.plan import Trial
from fpray.protocol import Protocol
from fpray.registry import find_protocol, find_study
from fpray.study import Study

LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")


@dataclass(frozen=True)
class Points:
    """The part of a request that says which trials: two requests of equal points carry on each other's suite."""

    protocol: str
    study: str = "smoke"
    vary: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    set: Mapping[str, Any] = field(default_factory=dict)
    repeat: int | None = None
    log_level: str | None = None

    def key(self) -> str:
        """Equal for equal words."""
        return values.content_hash(_plain(asdict(self)))

    def to_json(self) -> Any:
        """What `suite.json` keeps of it."""
        return _plain(asdict(self))

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> Points:
        """The points that `to_json` wrote."""
        return Points(**content)

    def resolve(self) -> tuple[Protocol[Any], Study, list[Trial[Any]]]:
        """The protocol, the study, and every trial.

        Raises:
            Refused: with every problem.
        """
        protocol = find_protocol(self.protocol)
        study = find_study(protocol, self.study)
        problems = [Problem(f"--vary {key}", "lists no value") for key, listed in self.vary.items() if not listed]
        if self.repeat is not None and self.repeat < 1:
            problems.append(Problem(f"--repeat {self.repeat}", "must be at least 1"))
        levels = {}
        if self.log_level is not None:
            if self.log_level not in LOG_LEVELS:
                hint = nearest(self.log_level, LOG_LEVELS)
                problems.append(Problem(f"-l {self.log_level}", f"is none of {', '.join(LOG_LEVELS)}{hint}"))
            else:
                known = values.field_types(protocol.params)
                levels = dict.fromkeys((n for n in known if n.endswith("_log_level")), self.log_level)
        if self.vary:
            study = study.with_grid(self.vary)
        try:
            trials = study.trials(protocol, {**levels, **self.set}, self.repeat)
        except Refused as refused:
            problems += refused.problems
            trials = []
        refuse_if_any(problems)
        return protocol, study, trials


@dataclass(frozen=True)
class Request:
    """Everything that a user can say of a sweep, with the defaults of the command line."""

    points: Points
    suite_directory: str = "./suites"
    jar: str | None = None
    java: str = "java"
    jvm_args: Mapping[str, Sequence[str]] = field(default_factory=dict)
    cluster_file: str | None = None
    address: str | None = None
    local: bool = False
    keep_raw: bool = True
    new: bool = False
    rerun: tuple[str, ...] = ()
    accept_change: bool = False
    command: str = ""

    def cluster(self) -> Cluster:
        """The machines that a cluster file names, or this one.

        Raises:
            Refused: the file is wrong.
        """
        return read_cluster_file(Path(self.cluster_file)) if self.cluster_file else Cluster()

    def problems(self, protocol: Protocol[Any], trials: Sequence[Trial[Any]], cluster: Cluster) -> list[Problem]:
        """What can be known to be wrong without a machine: placement, roles of `--jvm-arg`, what comes later."""
        problems = [p for trial in trials for p in placement_problems(protocol, trial.params, cluster)]
        roles = [role.name for role in protocol.roles]
        for role in self.jvm_args:
            if role not in roles:
                said = f"{protocol.name} has no such role{nearest(role, roles)}; it has {', '.join(roles)}"
                problems.append(Problem(f"--jvm-arg {role}", said))
        return problems

    @staticmethod
    def later_problems(trials: Sequence[Trial[Any]]) -> list[Problem]:
        """Options that this version reads and does not run."""
        asked = {
            "-m/--monitor (monitored=true)": any(trial.params.monitored for trial in trials),
            "-p/--profile (profiled=true)": any(trial.params.profiled for trial in trials),
        }
        said = "comes in a later version of fpray: leave it out (fpray plan shows what it changes)"
        return [Problem(option, said) for option, wanted in asked.items() if wanted]


def check(request: Request, *, plan_only: bool = False) -> tuple[Protocol[Any], Study, list[Trial[Any]]]:
    """The trials of a request, when all that can be known without a machine is right.

    A plan may name a jar that is elsewhere.

    Raises:
        Refused: with every problem at once.
    """
    problems: list[Problem] = []
    cluster = Cluster()
    if not plan_only and request.jar not in (None, REFERENCE) and not Path(str(request.jar)).expanduser().is_file():
        problems.append(Problem(f"--jar {request.jar}", "there is no such file"))
    try:
        cluster = request.cluster()
    except Refused as refused:
        problems += refused.problems
    try:
        protocol, study, trials = request.points.resolve()
    except Refused as refused:
        raise Refused(*refused.problems, *problems) from None
    refuse_if_any([*problems, *request.problems(protocol, trials, cluster)])
    return protocol, study, trials


def check_platform() -> list[Problem]:
    """Running trials needs Linux; reading, planning and showing do not."""
    if platform.system() == "Linux":
        return []
    return [
        Problem(
            platform.system(),
            "trials run on Linux only (the keeper needs pidfds); plan, protocols and show work here, and --address"
            " submits to a Linux cluster from one of its machines",
        )
    ]


def check_jar(request: Request, protocol: Protocol[Any]) -> tuple[Jar | None, list[Problem]]:
    """The jar to run, or why there is none: it is looked for, built if it is the reference jar, and looked into."""
    try:
        jar = find_jar(request.jar, request.java)
    except Refused as refused:
        return None, list(refused.problems)
    return jar, main_class_problems(jar, (protocol.main_class(role) for role in protocol.roles))


def split_address(address: str | None) -> tuple[str | None, str | None]:
    """(Ray address, remark). FrankenPaxos's `-a IP` was read by nobody: a bare IP is dropped with a sentence."""
    try:
        ipaddress.ip_address(address or "")
    except ValueError:
        return address, None
    return None, f"-a {address} is FrankenPaxos's and was never read there: ignored (--cluster FILE names machines)"


def parse_jvm_args(options: Sequence[str]) -> dict[str, list[str]]:
    """`ROLE:ARG` options as role -> arguments.

    Raises:
        Refused: an option has another shape.
    """
    found: dict[str, list[str]] = {}
    for option in options:
        role, colon, argument = option.partition(":")
        if not colon or not argument:
            raise refuse(f"--jvm-arg {option}", "write ROLE:ARG, such as leader:-XX:+UseParallelGC")
        found.setdefault(role, []).append(argument)
    return found


def on_machines(cluster: Cluster, hosts: Sequence[str], embedded: bool) -> Cluster:
    """The cluster on the machines that Ray really has: every machine for every pool, or as the file says.

    Raises:
        Refused: the file names an address that is no living machine.
    """
    if not cluster.pools:
        return replace(cluster, machines=tuple(hosts))
    strangers = [address for address in cluster.addresses() if address not in hosts]
    where = "this machine (127.0.0.1 or localhost) alone" if embedded else f"the Ray cluster has {', '.join(hosts)}"
    refuse_if_any([Problem(address, f"the cluster file names it and {where}") for address in strangers])
    return cluster


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, int | float | bool | str | None) else values.to_json(value)
