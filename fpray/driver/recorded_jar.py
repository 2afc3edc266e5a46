"""The jar that a recorded trial ran: found by its hash where a run of its suite had it, or what is there instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from fpray.driver.named_jar import main_classes
from fpray.errors import Cause, Refused, refuse
from fpray.files import layout
from fpray.jar.find import REFERENCE, Jar, find_jar, sha256
from fpray.plan.plan import Trial
from fpray.store.suite import Suite
from fpray.store.suite_record import JarRecord, TrialRecord


def jar_of_trial(suite: Suite, record: TrialRecord, trial: Trial[Any], java: str, say: Callable[[str], None]) -> Jar:
    """The jar that a trial ran; with a warning another one that is in its place now, if that has its main classes.

    A suite that went on with another jar has several: the trial's own counts.

    Raises:
        Refused: there is none.
    """
    places = list(_places(suite))
    own_hash = str(record["provenance"].get("jar_sha256") or suite.record.jar.get("sha256", ""))
    own = [place for place in places if place.get("sha256") == own_hash] or [suite.record.jar]
    for place in own:
        if _has_hash(path := Path(place.get("path", "")), own_hash):
            return Jar(path, own_hash, place.get("version", ""), place.get("name") == REFERENCE)
    which = f"the jar that this trial ran (sha {own_hash[:8] or '?'})"
    jar = _in_its_place(suite, own[0], which, java, say)
    if jar.sha256 == own_hash:  # the reference jar, built from the same sources
        return jar
    if missing := sorted(set(main_classes(trial.protocol, [trial])) - jar.classes()):
        sentence = f"is not {which}, and lacks what the trial needs: main class {', '.join(missing)}"
        raise refuse(str(jar.path), f"{sentence}. Put the trial's jar at this path", Cause.MAIN_CLASSES)
    path_before = own[0].get("path") or "its place"
    say(f"warning: this run uses another jar, {jar}, because {which} is not at {path_before} any more")
    return jar


def _in_its_place(suite: Suite, own: JarRecord, which: str, java: str, say: Callable[[str], None]) -> Jar:
    if own.get("name") == REFERENCE:
        return find_jar(REFERENCE, java, say)
    path = own.get("path")
    if not path:
        name = own.get("name", "")
        sentence = f"says only the name of the jar that its trials ran, {name}, and not where it is"
        how = f'in {suite.path / layout.SUITE}, write "path": "/path/to/{name}" beside "name": "{name}"'
        raise refuse(suite.path.name, f"{sentence}: {how}", Cause.JAR)
    if not Path(path).exists():
        raise refuse(path, f"is gone: it was {which}. Put it back there, and run this command again", Cause.JAR)
    try:
        return find_jar(path, java, say)
    except Refused:
        other = f"is not {which} any more, but another file, which is no jar or cannot be read"
        raise refuse(path, f"{other}. Put the earlier jar back there, and run this command again", Cause.JAR) from None


def _places(suite: Suite) -> Iterator[JarRecord]:
    """Where runs of a suite had their jar, the last one first."""
    yield suite.record.jar
    runs = [run["provenance"] for run in reversed(suite.record.runs) if "provenance" in run]
    for source in (*runs, suite.record.provenance):
        if "jar" in source:
            yield source["jar"]


def _has_hash(path: Path, own_hash: str) -> bool:
    try:
        return path.is_file() and sha256(path) == own_hash
    except OSError:
        return False
