"""What limited a trial that is over, as its result columns: by the samples that are on disk."""

from __future__ import annotations

from fpray.files import layout
from fpray.samples.limits import bottleneck
from fpray.store.bottleneck import Bottleneck
from fpray.store.result_table import read_parquet
from fpray.trial.instruments import RunningTrial
from fpray.trial.plan_facts import labels_of


def limit_columns(trial: RunningTrial) -> dict[str, str | float | None]:
    """All five columns; all of them null where the clients measured no window, and none where there are no samples.

    Raises:
        Damaged: the samples cannot be read.
    """
    file = trial.directory.file(layout.MACHINES)
    if not file.exists():
        return {}
    if trial.window_ns is None or trial.plan is None:
        return Bottleneck().columns()
    clients = labels_of(trial.plan.of_kind("client"))
    return bottleneck(read_parquet(file), trial.window_ns, clients).columns()
