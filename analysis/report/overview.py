"""What a report says above its table: what ran on what, how it ended, doubts, and the answer of a search."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fpray.cli.kinds import SECTIONS
from fpray.files.paths import short_path
from fpray.plan.words import number_of
from fpray.report.sections import section_of
from fpray.report.show import jar_of
from fpray.store.find import is_suite
from fpray.store.outcome import Status, status_counts
from fpray.store.suite import Suite
from fpray_analysis.loaded import PROTOCOL, Store
from fpray_analysis.report.details import text_of
from fpray_analysis.report.trials import ReportedTrial

MACHINE: Final = ("machine", "host name", "CPU", "cores", "memory", "kernel", "JVM", "remark")
MOST_LISTED: Final = 100  # failures, doubts, machines


@dataclass(frozen=True)
class StoreOverview:
    """One suite or file of results.

    Attributes:
        name: of the suite.
        counts: how many trials ended in which way, and how many are to go.
        facts: what is said of it, in pairs of a name and a text.
        machines: a row for each, by MACHINE; without the last column where nothing is remarked.
        answer: the sentences of a search.
        remarks: what the store does not say.
    """

    name: str
    counts: str
    facts: Sequence[tuple[str, str]]
    machines: Sequence[Sequence[str]] = ()
    answer: Sequence[str] = ()
    remarks: Sequence[str] = ()


@dataclass(frozen=True)
class Remark:
    """Sentences about one trial, by its place in the report; lines: the last ones of its log."""

    place: int
    number: str
    sentence: str
    lines: Sequence[str] = field(default_factory=tuple)


def overview(store: Store, trials: Sequence[ReportedTrial]) -> StoreOverview:
    """What there is to say of a store. trials: those of the report, also of other stores.

    Raises:
        Damaged: a file of the suite is.
    """
    own = [trial for trial in trials if trial.store == store.name]
    remarks = [text_of(remark) for remark in store.remarks]
    statuses = [trial.status for trial in own]
    counts = status_counts([status for status in Status for _ in range(statuses.count(status.value))])
    if not is_suite(store.path):
        facts = [("file", short_path(store.source)), ("arguments", json.dumps(store.provenance.get("args", {})))]
        return StoreOverview(store.name, counts, _texts(facts), remarks=remarks)
    suite = Suite(store.path)
    section = section_of(suite, SECTIONS)
    done = sum(trial.outcome is not None and trial.outcome.status.final for trial in own)
    more = section.to_go(suite, max(len(own), len(suite.directories())), done)
    answer = [text_of(line) for line in section.lines(suite)]
    return StoreOverview(
        store.name, text_of(counts + more), _texts(_facts(suite, store.provenance)), _machines(suite), answer, remarks
    )


def failures(trials: Sequence[ReportedTrial]) -> list[Remark]:
    """What went wrong, as `fpray show` says it, of the first failures."""
    return [
        Remark(
            place, trial.number, text_of(f"{trial.status}: {trial.outcome.detail}" if trial.outcome else trial.status),
            [text_of(line) for line in trial.outcome.lines[-5:]] if trial.outcome else (),
        )
        for place, trial in enumerate(trials) if trial.failed
    ][:MOST_LISTED]  # fmt: skip


def doubts(trials: Sequence[ReportedTrial]) -> list[Remark]:
    """The doubts of the first trials that have some."""
    return [
        Remark(place, trial.number, text_of(doubt)) for place, trial in enumerate(trials) for doubt in trial.doubts
    ][:MOST_LISTED]


def _texts(facts: Sequence[tuple[str, Any]] | Iterator[tuple[str, Any]]) -> list[tuple[str, str]]:
    return [(name, text_of(value)) for name, value in facts if value not in (None, "", {}, [], "{}")]


def _facts(suite: Suite, provenance: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What ran, from where, with what."""
    record, run = suite.record, suite.record.last_run
    packages = provenance.get("packages") or {}
    yield "directory", short_path(suite.path)
    yield PROTOCOL, record.protocol
    yield "study", record.study
    yield "jar", jar_of(suite)
    yield "Java", provenance.get("java")
    yield "command", record.command
    yield "began", " · ".join(str(one["started"])[:19] for one in record.runs if "started" in one)
    yield "driver", " · ".join(map(str, (provenance.get("driver") or {}).values()))
    yield "Ray", " ".join(map(str, run.get("ray", {}).values()))
    yield "Python", provenance.get("python")
    yield "packages", ", ".join(f"{name} {version}" for name, version in packages.items())
    yield "checkout", _checkout(provenance.get("checkout"))
    yield "checkout of fpray", _checkout(provenance.get("fpray_checkout"))


def _checkout(checkout: Any) -> str:
    """Branch, commit, and how many files differ from it."""
    if not isinstance(checkout, Mapping):
        return ""
    files = checkout.get("uncommitted")
    changes = f"{number_of(len(files), 'file')} not committed" if isinstance(files, Sequence) and files else ""
    parts = [checkout.get("path"), checkout.get("branch"), str(checkout.get("commit") or "")[:12], changes]
    return " · ".join(str(part) for part in parts if part)


def _machines(suite: Suite) -> list[list[str]]:
    """A row for each machine of all runs, as the latest one has it."""
    machines: dict[str, Mapping[str, Any]] = {}
    remarks: dict[str, str] = {}
    for run in suite.record.runs:
        machines |= run.get("machines", {})
        remarks |= {host: f"doubted: {why}" for host, why in run.get("doubted", {}).items()}
        remarks |= {host: f"set aside: {why}" for host, why in run.get("set_aside", {}).items()}
    return [
        [text_of(cell) for cell in (host, *_machine(facts), *([remarks.get(host, "")] if remarks else []))]
        for host, facts in machines.items()
    ][:MOST_LISTED]


def _machine(facts: Mapping[str, Any]) -> Iterator[object]:
    yield facts.get("hostname", "-")
    yield facts.get("cpu", "-")
    yield facts.get("cores", "-")
    memory = facts.get("memory_bytes")
    yield f"{memory / 2**30:.1f} GiB" if isinstance(memory, int) else "-"
    yield facts.get("kernel", "-")
    yield str(facts.get("jvm") or "-").partition(";")[0]
