"""What was loaded, as one value: trials, rows, events and provenance of one or several suites."""

from __future__ import annotations

import functools
import html
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from fpray.files.printable import printable
from fpray.recorder.columns import THROUGHPUT, is_measured, measured_latency
from fpray.store import columns
from fpray.store.outcome import Status
from fpray_analysis.events import event_rows
from fpray_analysis.loaded import SUITE, Store
from fpray_analysis.raw_rows import RawRows
from fpray_analysis.recordings import machines_dataset, metrics_dataset, recorder_dataset, trial_rows
from fpray_analysis.repeats import with_doubts_about_repeats
from fpray_analysis.row_doubts import with_doubts_from_rows
from fpray_analysis.stacking import stacked

_SHOWN: Final = 20  # trials of a notebook's table
_SHOWN_FIGURES: Final = (THROUGHPUT, measured_latency("median"), measured_latency("p99"))


class Results:
    """One or several suites, or files of results.

    `print` shows one line, and a notebook a table of the first trials.

    Attributes:
        stores: what it was made of.
    """

    def __init__(self, stores: Sequence[Store]) -> None:
        """stores: at least one, in the order in which they are stacked."""
        self.stores = stores
        self._raw = RawRows()
        self._rows: Any = None

    @functools.cached_property
    def trials(self) -> Any:
        """An Arrow table with a row for each trial that ended (`.to_pandas()` for a frame).

        It has the columns of `results.parquet`, the protocol, and `loops`: the closed loops of all clients. A figure
        that was not measured is null. Several suites are stacked, with the suite in the column `suite`. `doubts` also
        says which repeats of a configuration differ by more than their noise allows, and what the rows show of trials
        of which fpray has not judged the rows: those of FrankenPaxos, and of earlier versions.
        """
        trials = stacked({store.name: store.trials for store in self.stores})
        several = len(self.stores) > 1
        unjudged = {(store.name if several else "", trial) for store in self.stores for trial in store.unjudged}
        return with_doubts_about_repeats(with_doubts_from_rows(trials, unjudged, self.rows_of), self.inputs)

    @functools.cached_property
    def inputs(self) -> list[str]:
        """The columns of `trials` that are parameters."""
        return list(dict.fromkeys(name for store in self.stores for name in store.inputs))

    @functools.cached_property
    def varied(self) -> list[str]:
        """The parameters that have more than one value; a suite that lacks one counts as a value."""
        return [name for name in self.inputs if len(self.trials[name].unique()) > 1]

    def recorder(self) -> Any:
        """All rows that clients recorded, as a dataset of Arrow: it reads what is asked for, when it is asked for.

        Columns: `start` and `stop` (UTC, in ns), `count`, `latency_nanos`, `label`, `host`, `port`, `client`, and of
        the trial of a row: `trial`, `suite` (of several), and the parameters that are varied. A filter on these reads
        no other trial's file. `.scanner(...)`, `.to_table(columns=..., filter=...)` and `.to_batches()` read.

        Raises:
            FileNotFoundError: no trial has kept its rows (`--raw drop`, or a file of results alone).
            fpray.Refused: the rows of a trial are damaged.
        """
        if self._rows is None:
            self._rows = recorder_dataset(self.stores, self.trials, self.varied, self._raw)
        return self._rows

    def machines(self) -> Any:
        """What processes and machines did in each second of a trial, as a dataset that is read as `recorder` is.

        Columns: those of `fpray.samples.schema`, which docs/inside.md explains, and of the trial: `trial`, `suite` (of
        several), and the parameters that are varied; one with the name of a column of samples is `params.NAME`.

        Raises:
            FileNotFoundError: no trial has samples (`--no-samples`, an earlier version, or a file of results alone).
            fpray.Refused: the samples of a trial are damaged.
        """
        return machines_dataset(self.stores, self.trials, self.varied)

    def metrics(self) -> Any:
        """The metrics of all trials that were monitored (`-m`), as a dataset of Arrow, as `recorder`.

        Columns: `time` (UTC, in ns), `role`, `label` and `instance` of the process, `metric`, `labels` (the others, as
        Prometheus writes them), `value`; and of the trial what `recorder` has. docs/metrics.md says which metrics there
        are.

        Raises:
            FileNotFoundError: no trial was monitored.
            fpray.Refused: the metrics of a trial are damaged.
        """
        return metrics_dataset(self.stores, self.trials, self.varied)

    def rows_of(self, trial: Mapping[str, Any]) -> Any | None:
        """The rows of one trial of `trials`, as a dataset; None if it has kept none. No other trial is read.

        Raises:
            fpray.Refused: they are damaged.
        """
        directory = _directory(self.stores, trial)
        return trial_rows(directory, self._raw) if directory is not None else None

    def events_of(self, trial: Mapping[str, Any]) -> Any:
        """The events of one trial of `trials`, as `events`. No other trial is read."""
        directory = _directory(self.stores, trial)
        return event_rows({trial[columns.TRIAL]: directory} if directory is not None else {})

    @functools.cached_property
    def events(self) -> Any:
        """What happened when, as an Arrow table: trial, `t` (UTC, in ns), kind, role, label, detail."""
        return stacked({store.name: event_rows(store.directories) for store in self.stores})

    @property
    def provenance(self) -> Mapping[str, Mapping[str, Any]]:
        """Suite -> where its numbers come from: jar, Java, packages, machines, command, checkout."""
        return {store.name: store.provenance for store in self.stores}

    @property
    def paths(self) -> Mapping[str, Path]:
        """Suite -> its directory, or the file of results."""
        return {store.name: store.path for store in self.stores}

    @property
    def remarks(self) -> list[str]:
        """What the stores do not say, and so is null, in sentences."""
        return list(dict.fromkeys(remark for store in self.stores for remark in store.remarks))

    def __repr__(self) -> str:
        return f"<Results: {_in_words(self)}>"

    def _repr_html_(self) -> str:
        figures = [name for name in self.trials.column_names if is_measured(name) and name.endswith(_SHOWN_FIGURES)]
        figures = [name for name in figures if self.trials[name].null_count < self.trials.num_rows]
        suite = [SUITE] if len(self.stores) > 1 else []
        names = [*suite, columns.TRIAL, *self.varied, columns.REPEAT, *figures, columns.STATUS]
        rows = self.trials.slice(0, _SHOWN).select(names).to_pylist()
        others = self.trials.num_rows - len(rows)
        more = f"<p>and {others} more: .trials has all of them</p>" if others else ""
        notes = "".join(f"<p>{html.escape(printable(remark))}</p>" for remark in self.remarks)
        return f"<p>{html.escape(_in_words(self))}</p>{_html_table(names, rows)}{more}{notes}"


def _directory(stores: Sequence[Store], trial: Mapping[str, Any]) -> Path | None:
    """The directory of one row of `Results.trials`."""
    (store,) = (s for s in stores if trial.get(SUITE, s.name) == s.name)
    return store.directories.get(trial[columns.TRIAL])


def _in_words(results: Results) -> str:
    statuses = results.trials[columns.STATUS].to_pylist()
    finished = sum(status == Status.FINISHED.value for status in statuses)
    names = [printable(name) for name in results.paths]
    suites = names[0] if len(names) == 1 else f"{len(names)} suites"
    varied = f" · {', '.join(map(printable, results.varied[:3]))}{', ...' if len(results.varied) > 3 else ''}"
    return f"{finished} of {len(statuses)} trials finished{varied if results.varied else ''} · {suites}"


def _html_table(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    def line(tag: str, cells: Iterator[str]) -> str:
        return f"<tr>{''.join(f'<{tag}>{html.escape(printable(cell))}</{tag}>' for cell in cells)}</tr>"

    body = "".join(line("td", (_cell(row[name]) for name in names)) for row in rows)
    return f"<table><thead>{line('th', iter(names))}</thead><tbody>{body}</tbody></table>"


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
