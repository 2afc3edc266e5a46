"""Which suite a request belongs to, and what of it is still to do: the same command carries on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fpray.driver.request import Request, TrialSelection
from fpray.errors import FprayError, Refused, refuse
from fpray.files import layout
from fpray.jar.find import Jar
from fpray.jar.provenance import of_driver
from fpray.plan.plan import Trial
from fpray.protocol import params as param_values
from fpray.store.find import find_suite, suites
from fpray.store.outcome import Status
from fpray.store.suite import Suite, usual_root
from fpray.store.suite_record import SuiteRecord
from fpray.store.trial_directory import TrialDirectory
from fpray.study.study import Study

_LETTERS = re.compile(r"[A-Za-z]{4,10}")
_NAME = re.compile(r"[A-Z]{4,10}|\d{4}-\d\d-\d\d_[^/]*")  # what nobody calls a directory for suites


@dataclass(frozen=True)
class WorkList:
    """What a suite is to hold when the sweep is done: decided first, written only when the sweep really starts.

    Attributes:
        trials: of every request that the suite was ever asked for, this one included.
        study: the latest one; its summary is what progress lines show.
        points: the requests.
        repeated: trials that run again although they ended.
    """

    trials: Sequence[Trial[Any]]
    study: Study
    points: Sequence[TrialSelection]
    repeated: Sequence[TrialDirectory]

    def is_done(self, suite: Suite, trial: Trial[Any]) -> bool:
        """Whether a trial has ended for good, and is not to be repeated."""
        directory = suite.directories().get(trial.id)
        return directory is not None and directory.outcome() is not None and directory not in self.repeated

    def begin(self, suite: Suite, request: Request, jar: Jar, trials: Sequence[Trial[Any]]) -> None:
        """Write down what is new, and set aside what is to run again; earlier attempts are kept.

        trials: those of the agenda, in the order in which they run.
        """
        now = {"jar": of_driver(jar, request.command, request.java)["jar"], **_how(request)}
        for name, value in now.items():
            setattr(suite.record, name, value)
        suite.record.points = [points.to_json() for points in self.points]
        suite.record.planned = len(self.trials)
        suite.save()
        suite.write_inputs(trials)
        for directory in self.repeated:
            directory.set_aside()


def choose_suite(request: Request, jar: Jar, study: Study) -> Suite:
    """The suite that is named, the newest one that this command carries on, or a new one."""
    root = Path(request.suite_directory).expanduser()
    try:
        named = _named(request.suite_directory, root)
    except OSError as error:
        raise refuse(f"-s {root}", f"cannot be a suite directory: {error.strerror}") from None
    if named is not None:
        if request.new:
            raise refuse(
                "--new", f"-s names a suite, {named.path.name}: carry it on, or name a directory for a new one"
            )
        return _checked(named, request, jar)
    before = [suite for suite in suites(root) if not request.new and suite.record.key == _key(request)]
    for suite in before:
        if request.rerun or _unfinished(suite, request):
            return _checked(suite, request, jar)
    if request.rerun:
        raise refuse(f"--rerun {request.rerun[0]}", f"there is no suite of this command in {root} to repeat from")
    suite = _new_suite(root, request, jar, study)
    suite.after = before[0].short_name if before else None
    return suite


def _named(text: str, root: Path) -> Suite | None:
    """The suite that `-s` names by its path, or by the letters that `fpray show` takes: one where suites go without."""
    if (root / layout.SUITE).is_file():
        return Suite(root)
    if not root.exists() and (_LETTERS.fullmatch(text) or _NAME.fullmatch(text)):
        try:
            return find_suite(text, usual_root())
        except Refused as refused:
            if _NAME.fullmatch(text):  # a slip would measure everything again
                [problem] = refused.problems
                said = f"{problem.sentence} (a directory for new suites: -s ./{text})"
                raise refuse(f"-s {text}", said) from None
    return None


def _new_suite(root: Path, request: Request, jar: Jar, study: Study) -> Suite:
    args = {"suite_directory": request.suite_directory, "jar": str(jar.path), **request.points.to_json()}
    provenance = of_driver(jar, request.command, request.java)
    name = re.sub(r"[^\w.-]+", "_", f"{request.points.protocol}_{study.name}")[:100]
    record = SuiteRecord(
        key=_key(request),
        protocol=request.points.protocol,
        study=study.name,
        points=[request.points.to_json()],
        jar=provenance["jar"],
        provenance=provenance,
        **_how(request),
        **request.keeps(),
    )
    return Suite.create(root, name, args, record)


def _how(request: Request) -> dict[str, Any]:
    """What changes numbers and is no parameter: `--java`, `--jvm-arg`, `--flag` and `--place`."""
    place = {"place": dict(sorted(request.place.items()))} if request.place else {}
    return place | {
        "java": request.java,
        "jvm_args": {role: list(args) for role, args in request.jvm_args.items()},
        "flags": {role: dict(given) for role, given in request.flags.items()},
    }


def _key(request: Request) -> str:
    """Equal for commands that carry on each other's suite."""
    return param_values.content_hash([request.identity(), _how(request)])


def _checked(suite: Suite, request: Request, jar: Jar) -> Suite:
    """The suite, if this request may carry it on.

    Raises:
        Refused: it is of another protocol, or was run with another jar, java, JVM arguments, flags or placement.
    """
    protocol = suite.record.protocol
    if protocol != request.points.protocol:
        raise refuse(suite.path.name, f"is a suite of {protocol}, not of {request.points.protocol}")
    kind = suite.record.kind
    if kind != request.kind:
        raise refuse(suite.path.name, f"is the suite of a {kind}: fpray {kind} carries it on")
    known, how = suite.record.jar, _how(request)
    mixed = f"results would mix. --new starts another suite, --accept-change goes on in {suite.path.name} all the same"
    if request.accept_change:
        return suite
    if known["sha256"] != jar.sha256:
        was = f"{known['name']} {known['version']}".strip()
        raise refuse(str(jar), f"is another jar than the suite's, {was} (sha {known['sha256'][:8]}): {mixed}")
    for name, option in (("java", "--java"), ("jvm_args", "--jvm-arg"), ("flags", "--flag"), ("place", "--place")):
        # A suite of before an option was there had none of it.
        if (before := getattr(suite.record, name)) != how.get(name, {}):
            raise refuse(option, f"is {how.get(name) or 'none'}, and was {before or 'none'}: {mixed}")
    return suite


def agenda(suite: Suite, request: Request) -> WorkList:
    """Every trial of the suite, those of this request added.

    Raises:
        Refused: a trial to repeat is not there.
    """
    points = _points_of(suite, request)
    asked = request.points
    if asked not in points and asked != TrialSelection(asked.protocol):
        points.append(asked)
    resolved = [each.resolve() for each in points]
    trials = list({trial.id: trial for _, _, found in resolved for trial in found}.values())
    repeated = [directory for wanted in request.rerun for directory in _to_repeat(suite, wanted)]
    return WorkList(trials, resolved[-1][1], points, repeated)


def _to_repeat(suite: Suite, wanted: str) -> list[TrialDirectory]:
    """The trials that failed, or one by number or id."""
    chosen = [
        directory
        for directory, trial, outcome in suite.outcomes()
        if (wanted == "failed" and outcome is not None and outcome.status is not Status.FINISHED)
        or (wanted.isdecimal() and int(wanted) == int(directory.number))
        or (len(wanted) >= 6 and str(trial["id"]).startswith(wanted))
    ]
    if not chosen and wanted != "failed":
        raise refuse(f"--rerun {wanted}", f"{suite.path.name} has no such trial (a number, an id, or failed)")
    return chosen


def _points_of(suite: Suite, request: Request) -> list[TrialSelection]:
    """What a suite was asked for; where that is what is asked now, with what is known of it already."""
    points = (TrialSelection.from_json(content) for content in suite.record.points)
    return [request.points if each.key() == request.points.key() else each for each in points]


def _unfinished(suite: Suite, request: Request) -> bool:
    if (
        suite.record.ended is not None
    ):  # its trials are not known in advance: whoever asked for them says when it is over
        return not suite.record.ended
    try:
        trials = [t for points in _points_of(suite, request) for t in points.resolve()[2]]
    except (FprayError, TypeError):  # its study or protocol is gone or has changed: it cannot be carried on
        return False
    directories = suite.directories()
    return any(trial.id not in directories or directories[trial.id].outcome() is None for trial in trials)
