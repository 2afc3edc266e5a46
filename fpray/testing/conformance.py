"""What every protocol's declaration must hold, as a pytest case that a third party's protocol gets with one line.

from fpray.testing import ProtocolConformance

class TestMine(ProtocolConformance):
    protocol = MINE
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any, ClassVar

from fpray.jar.check import flag_problems, split_command
from fpray.plan.capacity import heap_size_problems
from fpray.plan.cluster import Cluster
from fpray.plan.command_line import Paths
from fpray.plan.placement import placement_problems
from fpray.plan.plan import Plan, Trial, build_plan, parameter_problems
from fpray.protocol import params as param_values
from fpray.protocol.protocol import Protocol
from fpray.protocol.values import BadValue, from_json, to_json
from fpray.study.registry import studies
from fpray.study.study import Study

# What touches the outside world, by the names of CPython's audit events.
_IO = ("open", "os.", "socket.", "subprocess.", "shutil.", "tempfile.", "pathlib.", "glob.", "urllib.")
# What a mistaken grid may try, by the type of a parameter.
_EXTREMES: Mapping[type, tuple[Any, ...]] = {
    bool: (True, False),
    int: (-1, 0, 1, 2, 1000),
    float: (-1.0, 0.0, 2.0),
    timedelta: (timedelta(0), timedelta(days=1)),
}

# Of parameters that do not survive this.
_AGAIN = "written as JSON and read again"
_TYPES = (
    "In the dataclass of the protocol's parameters, give each field a type such as int, float, bool, str or timedelta,"
    " and a value of that type"
)


class ProtocolConformance:
    """The rules of a declaration, over its defaults and its studies. Each test names everything that breaks its rule.

    Attributes:
        protocol: the declaration.
        extra_studies: studies of it beside those that are installed (entry point `fpray.studies`).
        mains: main class -> flag (with its dashes) -> whether it is required: what is known of the jar. Without it the
            test of the flags is skipped, and `fpray protocols --check JAR` is what asks the jar itself.
    """

    protocol: ClassVar[Protocol[Any]]
    extra_studies: ClassVar[Iterable[Study]] = ()
    mains: ClassVar[Mapping[str, Mapping[str, bool]]] = {}

    def test_labels_and_endpoints_are_unique(self) -> None:
        """No two processes of a trial share a label, which names their files, or an address."""
        problems = []
        for plan in self._plans():
            labels = [process.label for process in plan.processes]
            problems += [f"two processes are called {label}" for label in _repeated(labels)]
            problems += [
                f"{label} cannot be the name of a file: use only letters, digits, _, . and - in the name of its role"
                for label in labels
                if not re.fullmatch(r"[\w.-]+", label)
            ]
            endpoints = [(p.host, port) for p in plan.processes for port in p.endpoints.values()]
            problems += [f"two endpoints are {host}:{port}" for host, port in _repeated(endpoints)]
            problems += [f"{p.label} listens nowhere" for p in plan.processes if p.kind == "server" and not p.endpoints]
        _none_of(problems)

    def test_every_file_that_a_flag_names_is_in_the_plan(self) -> None:
        """A path below the trial's directory is a file of the plan, or begins with the process's own label."""
        problems = []
        directory = PurePosixPath(Paths().directory)
        for plan in self._plans():
            names = set()
            for process in plan.processes:
                for word in process.argv:
                    path = PurePosixPath(word)
                    if not path.is_relative_to(directory):
                        continue
                    name = str(path.relative_to(directory))
                    names.add(name)
                    if name not in plan.files and not name.startswith(process.label):
                        fault = (
                            f"a flag of {process.label} names the file {name}, which is not in `files` of the protocol"
                        )
                        remedy = f"add it there, or, if this process writes it, begin its name with {process.label}"
                        problems.append(f"{fault}: {remedy}")
            problems += [
                f"the plan of a trial has the file {name}, but no process has a flag for it: add a flag with its path"
                " to a role of the protocol, or remove the file from the protocol"
                for name in plan.files
                if name not in names
            ]
        _none_of(problems)

    def test_parameters_survive_json(self) -> None:
        """What `trial.json` holds is read back as the same trial; trials that differ have ids that differ."""
        problems = []
        trials = self._trials()
        for trial in trials:
            content = json.loads(json.dumps(to_json(trial.params)))
            try:
                copy = from_json(self.protocol.params, content)
            except BadValue as error:
                problems.append(f"the parameters cannot be {_AGAIN}: {error}. {_TYPES}")
                continue
            problems += [
                f"{name} is {value!r}, but {param_values.flatten(copy).get(name)!r} when it is {_AGAIN}. {_TYPES}"
                for name, value in param_values.flatten(trial.params).items()
                if param_values.flatten(copy).get(name) != value
            ]
            if Trial(self.protocol, copy).id != Trial(self.protocol, trial.params).id:
                problems.append(f"the id of the trial changes when its parameters are {_AGAIN}: {content}. {_TYPES}")
        different = {json.dumps(to_json(trial.params)) for trial in trials}
        if len({Trial(self.protocol, trial.params).id for trial in trials}) != len(different):
            fault = "two trials with different parameters have the same id, which is a fault of fpray"
            problems.append(f"{fault}: report it, with the Python file of this protocol")
        _none_of(problems)

    def test_every_flag_exists_and_no_required_one_is_missing(self) -> None:
        """Flags against what is known of the jar's mains."""
        if not self.mains:
            import pytest

            name = self.protocol.name
            why = f"`mains` of this test class is empty, so the flags of the main classes of {name} are not known"
            example = 'mains = {"mine.ServerMain": {"--index": True}} (True: the flag is required; False: it is not)'
            other = f"in place of this test, run fpray protocols {name} --check JAR"
            pytest.skip(f"{why}. Name the flags there, such as {example}; or, {other}")
        problems = []
        for plan in self._plans():
            for process in plan.processes:
                main, words = split_command(process.argv)
                flags = words[::2]
                if main not in self.mains:
                    remedy = f"correct the main class of this role, or add {main} to `mains`"
                    problems.append(f"{process.role}: {main} is not in `mains` of this test class: {remedy}")
                    continue
                required = (flag for flag, is_required in self.mains[main].items() if is_required)
                problems += [f"{main} {problem}" for problem in flag_problems(flags, self.mains[main], required)]
                problems += [f"{main} is given {flag} twice" for flag in _repeated(flags)]
        _none_of(problems)

    def test_it_can_be_placed_on_one_machine_and_on_several(self) -> None:
        """Everything runs on one machine; with pools, every process on a machine of its pool, and told of no other."""
        problems = []
        for trial in self._trials():
            faults = self.protocol.faults(trial.params)
            pools = dict.fromkeys((p.pool for p in build_plan(trial, Cluster()).processes), ("10.0.0.1", "10.0.0.2"))
            for cluster in (Cluster(), Cluster(pools={str(faults): pools})):
                problems += [
                    f"{p.about} {p.sentence}" for p in placement_problems(self.protocol, trial.params, cluster)
                ]
                for process in build_plan(trial, cluster).processes:
                    if process.host not in cluster.addresses():
                        fault = f"{process.label} is placed on {process.host}, which is not a machine of its pool"
                        remedy = "correct the function `deal` of its role: it must return only machines that it gets"
                        problems.append(f"{fault}: {remedy}")
                    if cluster.pools and "127.0.0.1" in process.argv:
                        fault = f"{process.label} is passed 127.0.0.1, but no process of this trial has that address"
                        remedy = 'pass the address of the endpoint, such as at.address("server").host'
                        problems.append(f"{fault}: {remedy}")
        _none_of(problems)

    def test_a_plan_does_no_io(self) -> None:
        """Planning reads no file and opens no connection: a plan is the same wherever it is made."""
        trials = self._trials()
        for trial in trials:
            build_plan(trial, Cluster())  # once before: what is imported late is no fault of the declaration
        with _audited() as events:
            for trial in trials:
                build_plan(trial, Cluster()).to_json()
        _none_of(f"planning did {event}" for event in events)

    def test_defaults_and_studies_satisfy_the_constraints(self) -> None:
        """No user is refused before having changed anything."""
        problems = [("the defaults", p) for p in parameter_problems(self.protocol, self.protocol.params())]
        for study in self._studies():
            trials, wrong = study.trials(self.protocol, {}, {}, 1)
            wrong += heap_size_problems(self.protocol, [trial.params for trial in trials])
            problems += [(f"study {study.name}", problem) for problem in wrong]
        _none_of(f"{where}: {problem.about} {problem.sentence}" for where, problem in problems)

    def test_every_constraint_is_in_words(self) -> None:
        """Whatever a parameter is set to, the constraints answer in sentences that begin with a parameter's name.

        And `fpray protocols NAME` says what they are, in words that name parameters which exist.
        """
        parameters = {name for name, _ in param_values.names(self.protocol.params)}
        problems, any_problem = [], False
        for changed in _extreme(self.protocol.params()):
            try:
                wrong = parameter_problems(self.protocol, changed)
            except Exception as error:
                fault = f"the constraints raise {type(error).__name__}: {error}, with the parameters {changed}"
                how = "correct `constraints` of the protocol: it must not raise. To refuse parameters, yield a Problem"
                problems.append(f"{fault}: {how}")
                continue
            any_problem = any_problem or bool(wrong)
            for problem in wrong:
                if re.split(r"[=, ]", problem.about)[0] not in parameters:
                    fault = f"in `constraints` of the protocol, a Problem has about={problem.about!r}"
                    problems.append(f"{fault}: let `about` begin with the name of a parameter, such as duration")
                if len(problem.sentence.split()) < 3:
                    fault = f"in `constraints` of the protocol, the Problem about {problem.about} has"
                    short = f"sentence={problem.sentence!r}, which is too short"
                    problems.append(f"{fault} {short}: write there what is wrong and what to do")
        words = " ".join(self.protocol.constraints_in_words)
        if any_problem and not words:
            fault = f"constraints_in_words is empty, but {self.protocol.name} has constraints"
            problems.append(f'{fault}: write each constraint there, such as "num_client_procs: at least 1"')
        endpoints = {endpoint for plan in self._plans() for p in plan.processes for endpoint in p.endpoints}
        others = endpoints | {role.name for role in self.protocol.roles} | {self.protocol.name}
        others |= {name.rpartition(".")[2] for name in parameters}
        names = re.findall(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?:\.\w+)*", words)
        problems += [
            f"constraints_in_words names {name}, which is no parameter of {self.protocol.name}: correct or remove it"
            for name in names
            if name not in parameters | others
        ]
        _none_of(problems)

    def _studies(self) -> list[Study]:
        return [*studies().get(self.protocol.name, {}).values(), *self.extra_studies]

    def _trials(self) -> list[Trial[Any]]:
        """The defaults, and the trials of the studies that are called smoke; of all studies where none is."""
        candidates = self._studies()
        smoke = [study for study in candidates if study.name == "smoke"] or candidates
        trials = [trial for study in smoke for trial in study.trials(self.protocol, {}, {}, 1)[0]]
        return [Trial(self.protocol, self.protocol.params()), *trials]

    def _plans(self) -> list[Plan]:
        return [build_plan(trial, Cluster()) for trial in self._trials()]


def _none_of(problems: Iterable[str]) -> None:
    distinct = list(dict.fromkeys(problems))
    if distinct:
        raise AssertionError("\n".join(distinct))


def _repeated(items: Iterable[Any]) -> list[Any]:
    entries = list(items)
    return [item for item in dict.fromkeys(entries) if entries.count(item) > 1]


def _extreme(params: Any) -> Iterator[Any]:
    """The parameters with one of them at an extreme, for each of them and each extreme."""
    for name, current in param_values.flatten(params).items():
        for value in _EXTREMES.get(type(current), ()):
            yield param_values.set_value(params, name, value)


_watchers: dict[int, list[str]] = {}


@contextlib.contextmanager
def _audited() -> Iterator[list[str]]:
    """What this thread does to the outside world meanwhile, by CPython's audit events."""
    _hook()
    events = _watchers.setdefault(threading.get_ident(), [])
    try:
        yield events
    finally:
        _watchers.pop(threading.get_ident())


@functools.cache  # once: a hook cannot be taken back, so it stays, and watches nothing
def _hook() -> None:
    sys.addaudithook(_watch)


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if _watchers and event.startswith(_IO) and (events := _watchers.get(threading.get_ident())) is not None:
        events.append(f"{event} {arguments[0] if arguments else ''}")
