"""`fpray export`: what is exported, in which format, and where to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fpray.errors import Cause, only_reading, refuse
from fpray.files.paths import absolute, short_path
from fpray_analysis.handover.formats import CSV, ENDINGS, JSON, write_rows, write_trials
from fpray_analysis.handover.new_file import check_place, writing
from fpray_analysis.handover.running import runs_now
from fpray_analysis.loaded import Store
from fpray_analysis.loading import Source, load_stores


@dataclass(frozen=True)
class Exported:
    """What was written: the file, or the directory of rows as CSV; and what there is to say of it, in sentences."""

    path: Path
    count: int
    notes: Sequence[str]


def export(
    suite: Source, root: Source | None = None, *, form: str = "", output: Path | None = None, rows: bool = False
) -> Exported:
    """Write the trials of a suite, or the rows that clients recorded.

    suite, root: as for `fpray.load`. form: csv, parquet or json; without one, the ending of `output` says it, else
    csv. output: the file; of rows as CSV, a directory with a `data.csv` for each trial.

    Raises:
        fpray.Refused: there is nothing to export, or the file cannot be written.
    """
    with only_reading():
        (store,) = load_stores([suite], root)
        form = form or _form_of(output)
        path = output or absolute(_usual_name(store, form, rows=rows))
        check_place(path, [store], directory=rows and form == CSV)
        with writing(path):
            count = (write_rows if rows else write_trials)(store, form, path)
    running = runs_now(store)
    now = [f"{running}: what has ended by now was exported"] if running else []
    return Exported(path, count, [*now, *store.remarks])


def _form_of(output: Path | None) -> str:
    """The format that a file's ending stands for.

    Raises:
        Refused: it stands for none.
    """
    if output is None or not output.suffix:
        return CSV
    if (form := ENDINGS.get(output.suffix.lower())) is None:
        sentence = f"must end in one of {', '.join(ENDINGS)}, or choose the format with --format"
        raise refuse(f"-o {short_path(output)}", sentence, Cause.OPTION)
    return form


def _usual_name(store: Store, form: str, *, rows: bool) -> str:
    name = re.sub(r"[^\w.-]+", "_", store.name.removesuffix(".csv")).lstrip(".-")
    if not rows:
        return f"{name}.{form}"
    return f"{name}_rows" if form == CSV else f"{name}_rows.{'jsonl' if form == JSON else form}"
