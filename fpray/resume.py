"""Which suite a request belongs to, and what of it is still to do: the same command carries on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fpray.errors import Refused, refuse
from fpray.jar import Jar
from fpray.outcome import Status
from fpray.plan import Trial
from fpray.provenance import of_driver
from fpray.request import Points, Request
from fpray.store import Suite, describe_inputs, suites, write_text
from fpray.study import Study


def choose_suite(request: Request, jar: Jar, study: Study) -> Suite:
    """The suite that is named, the newest one that this command carries on, or a new one."""
    root = Path(request.suite_directory).expanduser()
    key = request.points.key()
    if (root / "suite.json").is_file():
        return _checked(Suite(root), request, jar)
    if not request.new:
        for suite in suites(root):
            if suite.content.get("key") == key and (request.rerun or _unfinished(suite)):
                return _checked(suite, request, jar)
    if request.rerun:
        raise refuse(f"--rerun {request.rerun[0]}", f"there is no suite of this command in {root} to repeat from")
    args = {"suite_directory": request.suite_directory, "jar": str(jar.path), **request.points.to_json()}
    provenance = of_driver(jar, request.command, request.java)
    name = f"{request.points.protocol}_{study.name}"
    content = {
        "key": key,
        "protocol": request.points.protocol,
        "study": study.name,
        "points": [request.points.to_json()],
        "jar": provenance["jar"],
        "provenance": provenance,
        "runs": [],
    }
    suite = Suite.create(root, name, args, content)
    suite.fresh = True
    return suite


def _checked(suite: Suite, request: Request, jar: Jar) -> Suite:
    """The suite, if this request may carry it on.

    Raises:
        Refused: it is of another protocol or jar.
    """
    protocol = suite.content.get("protocol")
    if protocol != request.points.protocol:
        raise refuse(suite.path.name, f"is a suite of {protocol}, not of {request.points.protocol}")
    known = suite.content["jar"]
    if known["sha256"] != jar.sha256 and not request.accept_change:
        was = f"{known['name']} {known['version']}".strip()
        raise refuse(
            str(jar),
            f"is another jar than the suite's, {was} (sha {known['sha256'][:8]}): results would mix."
            f" --new starts another suite, --accept-change goes on in {suite.path.name} all the same",
        )
    return suite


def all_trials(suite: Suite, request: Request, jar: Jar) -> tuple[list[Trial[Any]], Study]:
    """Every trial of the suite, those of this request added, and its latest study; trials to repeat are set aside."""
    points = [Points.from_json(p) for p in suite.content["points"]]
    asked = request.points
    if asked.key() not in [p.key() for p in points] and asked != Points(asked.protocol):
        points.append(asked)
        suite.update(points=[p.to_json() for p in points])
    resolved = [p.resolve() for p in points]
    trials = list({t.id: t for _, _, found in resolved for t in found}.values())
    if suite.content["jar"]["sha256"] != jar.sha256:
        suite.update(jar=of_driver(jar, request.command, request.java)["jar"])
    write_text(suite.path / "inputs.txt", describe_inputs(trials))
    for wanted in request.rerun:
        _set_aside(suite, wanted)
    return trials, resolved[-1][1]


def _set_aside(suite: Suite, wanted: str) -> None:
    """Make trials run again: those that failed, or one by number or id. What they left becomes an attempt."""
    chosen = [
        directory
        for directory, trial, outcome in suite.outcomes()
        if (wanted == "failed" and outcome is not None and outcome.status is not Status.FINISHED)
        or wanted == directory.number
        or (wanted.isdigit() and int(wanted) == int(directory.number))
        or (len(wanted) >= 6 and str(trial["id"]).startswith(wanted))
    ]
    if not chosen and wanted != "failed":
        raise refuse(f"--rerun {wanted}", f"{suite.path.name} has no such trial (a number, an id, or failed)")
    for directory in chosen:
        directory.set_aside()


def _unfinished(suite: Suite) -> bool:
    try:
        trials = [t for p in suite.content["points"] for t in Points.from_json(p).resolve()[2]]
    except Refused:  # its study or protocol is gone or has changed: it cannot be carried on
        return False
    return not all(is_done(suite, trial) for trial in trials)


def is_done(suite: Suite, trial: Trial[Any]) -> bool:
    """Whether a trial of the suite has ended for good."""
    directory = suite.directories().get(trial.id)
    return directory is not None and directory.outcome() is not None
