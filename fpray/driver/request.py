"""What a user asks for: the words of `fpray sweep` and `fpray.sweep`, checked before anything starts."""

from __future__ import annotations

import ipaddress
import platform
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from fpray.cluster.inventory import Inventory, is_launcher_file, read_inventory
from fpray.cluster.launcher import Launcher
from fpray.driver.notify import notify_problems
from fpray.errors import Problem, Refused, nearest, refuse, refuse_if_any
from fpray.jar.find import REFERENCE, Jar, find_jar, main_class_problems
from fpray.plan.capacity import region_problems
from fpray.plan.cluster import Cluster
from fpray.plan.placement import placement_problems, shape
from fpray.plan.placement_policy import EVERY_ROLE
from fpray.plan.plan import Trial, process_count
from fpray.protocol import params as param_values
from fpray.protocol.protocol import Protocol
from fpray.study.order import ORDERS
from fpray.study.registry import find_protocol, find_study
from fpray.study.search_study import Search
from fpray.study.study import Study
from fpray.trial.early_stop import LatencyBound

T = TypeVar("T")
MOST_PROCESSES = 10_000
LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")


# Where a process listens, who it is, and where it reads and writes.
_OWN_FLAGS = {"host", "port", "config", "prometheus_host", "prometheus_port", "output_file_prefix"}


@dataclass(frozen=True)
class TrialSelection:
    """The part of a request that says which trials: two requests of equal points carry on each other's suite."""

    protocol: str
    study: str = "smoke"
    vary: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    set: Mapping[str, Any] = field(default_factory=dict)
    repeat: int | None = None
    log_level: str | None = None

    def key(self) -> str:
        """Equal for equal words."""
        return param_values.content_hash(_plain(asdict(self)))

    def to_json(self) -> Any:
        """What `suite.json` keeps of it."""
        return _plain(asdict(self))

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> TrialSelection:
        """The points that `to_json` wrote."""
        return TrialSelection(**content)

    def resolve(self) -> tuple[Protocol[Any], Study, list[Trial[Any]]]:
        """The protocol, the study, and every trial.

        Raises:
            Refused: with every problem.
        """
        return self._resolved

    @cached_property
    def _resolved(self) -> tuple[Protocol[Any], Study, list[Trial[Any]]]:
        protocol = find_protocol(self.protocol)
        problems = [Problem(f"--vary {key}", "lists no value") for key, listed in self.vary.items() if not listed]
        both = [key for key in self.vary if key in self.set]
        problems += [Problem(key, "is in --vary and in --set: which is meant?") for key in both]
        if self.repeat is not None and self.repeat < 1:
            problems.append(Problem(f"--repeat {self.repeat}", "must be at least 1"))
        levels = {}
        if self.log_level in LOG_LEVELS:
            known = param_values.field_types(protocol.params)
            levels = dict.fromkeys((name for name in known if name.endswith("_log_level")), self.log_level)
        elif self.log_level is not None:
            hint = nearest(self.log_level, LOG_LEVELS)
            problems.append(Problem(f"-l {self.log_level}", f"is none of {', '.join(LOG_LEVELS)}{hint}"))
        try:
            study = find_study(protocol, self.study)
        except Refused as refused:  # go on with a study of nothing: the parameters may be wrong as well
            problems += refused.problems
            study = Study(self.study, protocol.name)
        if self.vary:
            study = study.with_grid(self.vary)
        trials, wrong = study.trials(protocol, levels, self.set, self.repeat)
        refuse_if_any([*problems, *wrong])
        return protocol, study, trials


@dataclass(frozen=True)
class Request:
    """Everything that a user can say of a sweep, with the defaults of the command line."""

    points: TrialSelection
    suite_directory: str = "./suites"
    jar: str | None = None
    java: str = "java"
    jvm_args: Mapping[str, Sequence[str]] = field(default_factory=dict)
    flags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    cluster_file: str | None = None
    address: str | None = None
    local: bool = False
    scratch: str | None = None
    keep_raw: bool = True
    wrong_words: tuple[Problem, ...] = ()  # what could not even be read
    new: bool = False
    rerun: tuple[str, ...] = ()
    accept_change: bool = False
    parallel: int | None = None
    share_machines: bool = False
    order: str | None = None
    retries: int | None = None
    keep_going: bool = False
    pilot: bool = False
    place: Mapping[str, str] = field(default_factory=dict)
    command: str = ""
    leaving: Callable[[Path], None] | None = None
    notify: Sequence[str] = ()

    def resolve(self) -> tuple[Protocol[Any], Study, list[Trial[Any]]]:
        """The protocol, the study, and the trials: what everything else is checked against.

        Raises:
            Refused: with every problem.
        """
        protocol, study, trials = self.points.resolve()
        if isinstance(study, Search) and not self.points.vary:
            raise refuse(f"--study {study.name}", f"is a search: fpray search {protocol.name} --study {study.name}")
        return protocol, study, trials

    @property
    def kind(self) -> str:
        """The command that it is of."""
        return "sweep"

    def keeps(self) -> dict[str, Any]:
        """What a new suite's `suite.json` keeps of it, beside its points."""
        return {"kind": self.kind}

    def caps(self, _protocol: Protocol[Any]) -> Sequence[LatencyBound]:
        """Bounds that a trial is given up for when it cannot keep them any more; a sweep wants all of every trial."""
        return ()

    def identity(self) -> Any:
        """What makes two requests the same, so that one carries on the suite of the other."""
        return self.points.to_json()

    def cluster(self) -> Cluster:
        """The machines that a cluster file names or a launcher configuration promises, or this one.

        Raises:
            Refused: the file is wrong.
        """
        self.launcher()
        return self.placed(self.inventory.promised())

    @cached_property
    def inventory(self) -> Inventory:
        """Which machine serves which pool. Raises `Refused` where the file is wrong."""
        return read_inventory(self.cluster_file)

    def placed(self, cluster: Cluster) -> Cluster:
        """A cluster whose machines are shared as the user says."""
        return replace(cluster, policy=self.place)

    def launcher(self) -> Launcher | None:
        """The launcher configuration that stands in the place of a cluster file, if one does.

        Raises:
            Refused: the file is wrong, or the sweep is told to stay on this machine.
        """
        if not self.cluster_file or not is_launcher_file(self.cluster_file):
            return None
        if self.local:
            raise refuse("--local", f"--cluster {self.cluster_file} means a cluster: which of them is meant?")
        return self.inventory if isinstance(self.inventory, Launcher) else None

    def size_problems(self, trials: Sequence[Trial[Any]]) -> list[Problem]:
        """Trials that are too large for any cluster."""
        most = max((process_count(trial) for trial in trials), default=0)
        if most > MOST_PROCESSES:
            return [Problem(f"{most} processes", f"in one trial: fpray starts up to {MOST_PROCESSES}")]
        return []

    def placement_problems(
        self, protocol: Protocol[Any], trials: Sequence[Trial[Any]], cluster: Cluster
    ) -> list[Problem]:
        """Why the cluster has no place for a trial even when all of its machines are free, if so."""
        shapes = {shape(protocol, trial.params): trial for trial in trials}  # of thousands of trials, a few
        largest = sorted(shapes.values(), key=process_count, reverse=True)
        found = [problem for trial in largest for problem in placement_problems(protocol, trial.params, cluster)]
        return list({problem.about: problem for problem in reversed(found)}.values())[::-1]  # each pool's worst

    def role_problems(self, protocol: Protocol[Any]) -> list[Problem]:
        """Roles of `--jvm-arg` and `--flag` that the protocol does not have."""
        roles = [role.name for role in protocol.roles]
        said = f"it has {', '.join(roles)}"
        return [
            Problem(f"{option} {role}", f"{protocol.name} has no such role{nearest(role, roles)}; {said}")
            for option, given in (
                ("--jvm-arg", self.jvm_args),
                ("--flag", self.flags),
                ("--place", self.place.keys() - {EVERY_ROLE}),
            )
            for role in given
            if role not in roles
        ] + [
            Problem(f"--flag {role.name}:--{name}", "is fpray's to give: each process has a value of its own")
            for role in protocol.roles
            for name in self.flags.get(role.name, {})
            if name in _OWN_FLAGS or name in role.flag_names(1)
        ]

    def jar_problems(self, machines: int) -> list[Problem]:
        """Several machines run no jar that nobody has named."""
        said = (
            f"is required on a cluster of several machines ({machines} here): name the jar that you mean to benchmark,"
            " or -j reference"
        )
        return [Problem("-j/--jar", said)] if machines > 1 and self.jar is None else []

    def side_by_side_problems(self) -> Iterator[Problem]:
        """What is wrong with how many trials are to run at once, in which order, and where."""
        if self.parallel is not None and self.parallel < 1:
            yield Problem(f"--parallel {self.parallel}", "must be at least 1")
        if self.retries is not None and self.retries < 0:
            yield Problem(f"--retries {self.retries}", "must be 0 or more")
        if self.share_machines and self.parallel is None:
            yield Problem("--share-machines", "needs --parallel N: how many trials are to share them?")
        if self.local and split_address(self.address)[0] is not None:
            yield Problem("--local", f"--address {self.address} means a cluster: which of them is meant?")
        if self.scratch is not None and not Path(self.scratch).is_absolute():
            said = "is no absolute path, and must mean the same on every machine: below it trials work"
            yield Problem(f"--scratch {self.scratch}", said)
        if self.order is not None and self.order not in ORDERS:
            said = f"is none of {', '.join(ORDERS)}{nearest(self.order, ORDERS)}"
            yield Problem(f"--order {self.order}", said)

    def later_problems(self, trials: Sequence[Trial[Any]]) -> list[Problem]:
        """Options that this version reads and plans, but does not run yet."""
        said = "comes in a later version of fpray: leave it out (fpray plan shows what it changes)"
        return [
            Problem(option, said)
            for option, name in {"-m/--monitor": "monitored", "-p/--profile": "profiled"}.items()
            if name in self.points.set or any(getattr(trial.params, name) for trial in trials)
        ]


def check(request: Request, *, plan_only: bool = False) -> tuple[Protocol[Any], Study, list[Trial[Any]]]:
    """The trials of a request, when all that can be known without a machine is right.

    A plan may name a jar that is elsewhere, and what this version does not run yet.

    Raises:
        Refused: with every problem at once.
    """
    problems: list[Problem] = [*request.wrong_words, *request.side_by_side_problems(), *notify_problems(request.notify)]
    cluster, found = Cluster(), None

    def collect(look: Callable[[], T]) -> T | None:
        try:
            return look()
        except Refused as refused:
            problems.extend(refused.problems)
            return None

    protocol = collect(lambda: find_protocol(request.points.protocol))
    if protocol is not None:
        found = collect(request.resolve)
        problems += request.role_problems(protocol)
    cluster = collect(request.cluster) or cluster
    if found is not None:
        too_large = request.size_problems(found[2])
        problems += too_large
        # Without a cluster file, a sweep's machines are known later, and a plan's stand for any.
        if not too_large and (request.cluster_file or plan_only):
            problems += request.placement_problems(found[0], found[2], cluster)
        if request.cluster_file or not plan_only:
            points = [trial.params for trial in found[2]]
            problems += region_problems(found[1].regions, found[0], points, cluster)
    if not plan_only:
        problems += request.later_problems(found[2] if found else ())
        problems += request.jar_problems(len(cluster.addresses()))
        if request.jar not in (None, REFERENCE) and protocol is not None:
            problems += check_jar(request, protocol)[1]
    refuse_if_any(problems)
    assert found is not None
    return found


def check_platform() -> list[Problem]:
    """Running trials needs Linux; reading, planning and showing do not."""
    if platform.system() == "Linux":
        return []
    return [
        Problem(
            platform.system(),
            "trials run on Linux only (the supervisor needs pidfds); plan, protocols and show work here, and --address"
            " submits to a Linux cluster from one of its machines",
        )
    ]


def check_jar(
    request: Request, protocol: Protocol[Any], say: Callable[[str], None] = lambda _line: None
) -> tuple[Jar | None, list[Problem]]:
    """The jar to run, or why there is none: it is looked for, built if it is the reference jar, and looked into."""
    try:
        jar = find_jar(request.jar, request.java, say)
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


def parse_jvm_args(options: Sequence[str]) -> tuple[dict[str, list[str]], list[Problem]]:
    """`ROLE:ARG` options as role -> arguments, and what is wrong with them."""
    found: dict[str, list[str]] = {}
    problems = []
    for option in options:
        role, colon, argument = option.partition(":")
        if colon and argument:
            found.setdefault(role, []).append(argument)
        else:
            said = "write ROLE:ARG, such as leader:-XX:+UseParallelGC"
            problems.append(Problem(f"--jvm-arg {option}", said))
    return found, problems


_FLAG = re.compile(r"(?P<role>[^:]*):--(?P<name>[^\s=]+)=(?P<value>.*)", re.DOTALL)


def parse_flags(options: Sequence[str]) -> tuple[dict[str, dict[str, str]], list[Problem]]:
    """`ROLE:--name=value` options as role -> flag -> value, and what is wrong with them."""
    found: dict[str, dict[str, str]] = {}
    problems = []
    for option in options:
        match = _FLAG.fullmatch(option)
        if match is None:
            problems.append(Problem(f"--flag {option}", "write ROLE:--name=value, such as leader:--options.window=8"))
            continue
        given = found.setdefault(match["role"], {})
        if match["name"] in given:
            problems.append(Problem(f"--flag {option}", f"--{match['name']} is given twice: which is meant?"))
        given[match["name"]] = match["value"]
    return found, problems


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, int | float | bool | str | None) else param_values.to_json(value)
