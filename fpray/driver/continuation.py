"""What `--dry-run` says of a suite that `-s` names: how far it is, and what is left to run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fpray.driver.choose_suite import named_suite
from fpray.driver.dry_run import summary_lines
from fpray.driver.experiment import Experiment
from fpray.driver.resume import work_list
from fpray.files.paths import short_path
from fpray.store.suite import Suite


def lines_of_sweep(experiment: Experiment) -> Iterator[str]:
    """The lines of `fpray sweep --dry-run`: of all trials, or of those that the named suite has left.

    Raises:
        Refused: the experiment may not continue the suite.
    """
    suite = named_suite(experiment)
    if suite is None:
        yield from summary_lines(experiment)
        return
    work = work_list(suite, experiment)
    rest = [trial for trial in work.trials if not work.is_done(suite, trial)]
    yield continued_line(suite, len(work.trials) - len(rest), str(len(work.trials)))
    if rest:
        # What is left of a grid has no shape.
        selection = replace(experiment.selection, vary={})
        yield from summary_lines(replace(experiment, trials=rest, selection=selection))


def continued_line(suite: Suite, done: int, total: str) -> str:
    """How far a suite is that would be continued."""
    where = f"the sweep in {short_path(suite.path)} ({done} of {total} trials are done)"
    return f"without --dry-run, this command continues {where}"
