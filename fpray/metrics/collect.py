"""After a monitored trial: the series of its Prometheus, its garbage collections and its events become one table."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fpray.errors import first_line
from fpray.files import layout
from fpray.files.disk import remedy
from fpray.files.printable import printable
from fpray.metrics.gc_log import pauses
from fpray.metrics.jobs import instance, job_names, metrics_port
from fpray.metrics.programs import INSTALL, PROMTOOL, promtool_of
from fpray.metrics.schema import EVENT, GC_AFTER, GC_BEFORE, GC_PAUSE, UP
from fpray.metrics.series_text import NAME, read_series
from fpray.metrics.table import MetricsTable
from fpray.plan.plan import Process
from fpray.trial.instruments import RunningTrial

_READ_S = 300.0  # for the series of one trial: a million samples take a second
_NO_HARM = "the trial's numbers are not affected"


def collect(trial: RunningTrial, server: str) -> list[str]:
    """Write `metrics.parquet`; what could not be had, in sentences. server: the program of the trial's Prometheus."""
    table, notes = MetricsTable(), list[str]()
    outcome = trial.outcome
    assert outcome is not None
    instances = _add_scraped(table, trial, server, notes)
    if instances is not None and outcome.status.comparable:  # else processes may have ended before they were scraped
        notes += _unscraped(trial, instances)
    _add_gc(table, trial)
    _add_events(table, outcome.events)
    try:
        table.write(trial.directory.file(layout.METRICS))
    except OSError as error:
        notes.append(f"{layout.METRICS} cannot be written: {error.strerror}. {remedy(error)} ({_NO_HARM})")
    return notes


def _add_scraped(table: MetricsTable, trial: RunningTrial, server: str, notes: list[str]) -> set[str] | None:
    """Add what Prometheus has stored; the instances that it could scrape at least once. None if nothing is known."""
    promtool, data = promtool_of(server), trial.directory.file(layout.PROMETHEUS_DATA)
    if not data.is_dir() or promtool is None:
        why = f"there is no {PROMTOOL} here" if data.is_dir() else f"Prometheus has left no {layout.PROMETHEUS_DATA}"
        why += f". Where a program is missing, {INSTALL}"
        notes.append(f"{layout.METRICS} has no series of the roles: {why} ({_NO_HARM})")
        return None
    instances = set()
    try:
        for series, times, values in _dump(promtool, data):
            labels = read_series(series)
            table.add(labels, times, values)
            if labels[NAME] == UP and 1.0 in values:
                instances.add(labels.get("instance", ""))
    except (OSError, ValueError, KeyError) as error:
        what = f"{PROMTOOL} cannot read {layout.PROMETHEUS_DATA}: {printable(first_line(error), most=300)}"
        notes.append(f"{layout.METRICS} may lack series of the roles: {what} ({_NO_HARM})")
        return None
    return instances


def _dump(promtool: str, data: Path) -> Iterator[tuple[str, list[int], list[float]]]:
    """Each series with its times, in ns, and its values; `promtool` prints a line for each sample, series by series.

    Raises:
        OSError, ValueError: it cannot be run, fails, or prints something else.
    """
    last, times, values = b"", list[int](), list[float]()
    for line in _lines([promtool, "tsdb", "dump", str(data)]):
        series, value, at = line.rsplit(b" ", 2)
        if series != last and times:
            yield last.decode(errors="replace"), times, values
            times, values = [], []
        last = series
        times.append(int(at) * 1_000_000)
        values.append(float(value))
    if times:
        yield last.decode(errors="replace"), times, values


def _lines(words: Sequence[str]) -> Iterator[bytes]:
    """The lines that a program prints: one after the other, since all of them may be hundreds of MB. Raises as above.

    It has a process group of its own: Ctrl-C ends the sweep, not this. Without its reader it ends.
    """
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, process_group=0
        ) as process,
    ):
        assert process.stdout is not None
        overdue = threading.Timer(_READ_S, process.kill)
        overdue.start()
        try:
            yield from process.stdout
            code = process.wait()
        finally:
            overdue.cancel()
            process.kill()
        if code != 0:
            errors.seek(0)
            lines = errors.read().decode(errors="replace").strip().splitlines()
            raise ValueError(lines[-1] if lines else f"it exited with {code}")


def _unscraped(trial: RunningTrial, instances: set[str]) -> Iterator[str]:
    """A sentence about the processes that were never scraped."""
    assert trial.plan is not None
    labels = [p.label for p in trial.plan.processes if metrics_port(p) and instance(p) not in instances]
    if labels:
        yield (
            f"Prometheus could not scrape {', '.join(labels)}: {layout.METRICS} has no series of"
            f" {'it' if len(labels) == 1 else 'them'} ({_NO_HARM}). A process that answers no scrape within"
            " prometheus_scrape_interval has none: a longer interval gives it more time"
        )


def _add_gc(table: MetricsTable, trial: RunningTrial) -> None:
    assert trial.plan is not None
    for process in trial.plan.processes:
        file = trial.directory.file(layout.gc_log_file(process.label))
        try:
            lines = file.read_text(errors="replace").splitlines()
        except OSError:  # the JVM did not start, or wrote none
            continue
        samples: dict[tuple[str, str], list[tuple[int, float]]] = {}
        for pause in pauses(lines):
            for metric, value in ((GC_PAUSE, pause.seconds), (GC_BEFORE, pause.before), (GC_AFTER, pause.after)):
                if value is not None:
                    samples.setdefault((metric, pause.what), []).append((pause.time_ns, value))
        for (metric, what), pairs in samples.items():
            series = {**_series_of(process, trial), "pause": printable(what, most=200), NAME: metric}
            table.add(series, *zip(*pairs, strict=True))


def _series_of(process: Process, trial: RunningTrial) -> dict[str, str]:
    """The labels of a process's series, as its scrape gives them."""
    job = job_names(trial.trial.protocol, trial.trial.protocol.role(process.role))[0]
    where = instance(process) if metrics_port(process) else ""
    return {"job": job, "role": process.role, "label": process.label, "instance": where}


def _add_events(table: MetricsTable, events: Sequence[Mapping[str, Any]]) -> None:
    """A series for each kind and text; its values are its times, because Grafana places annotations by values."""
    times: dict[tuple[str, str, str, str], list[int]] = {}
    for event in events:
        words = (printable(str(event[name]), most=300) for name in ("kind", "role", "label", "detail"))
        kind, role, label, detail = words
        times.setdefault((kind, role, label, detail), []).append(int(event["t"]))
    for (kind, role, label, detail), at in times.items():
        series = {NAME: EVENT, "kind": kind, "role": role, "label": label, "detail": detail}
        table.add(series, sorted(at), [t / 1e6 for t in sorted(at)])
