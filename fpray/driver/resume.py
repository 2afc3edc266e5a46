"""What a suite is to hold, and what of it is still to run: the same command continues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fpray.driver.experiment import Experiment
from fpray.driver.record_entries import record_entries
from fpray.driver.rerun_trials import trials_to_rerun
from fpray.driver.selection import Selected, TrialSelection, select_grid
from fpray.driver.study_files import known_study_file
from fpray.files import layout
from fpray.plan.plan import Trial
from fpray.store.suite import Suite
from fpray.store.trial_directory import TrialDirectory
from fpray.study.order import Order
from fpray.study.study import Study


@dataclass(frozen=True)
class WorkList:
    """What a suite is to hold when the run is done: decided first, written only when the run really starts.

    Attributes:
        trials: of every command that the suite was ever run by, this one included.
        study: the latest one; its summary is what progress lines show.
        recorded_selections: what these commands select, as a suite keeps them.
        reruns: trials that run again although they ended.
        entries: those of `suite.json` that are of the latest one, see `fpray.driver.record_entries`.
    """

    trials: Sequence[Trial[Any]]
    study: Study
    recorded_selections: Sequence[Any]
    reruns: Sequence[TrialDirectory]
    entries: Mapping[str, Any]

    def is_done(self, suite: Suite, trial: Trial[Any]) -> bool:
        """Whether a trial has ended for good, and is not to run again."""
        directory = suite.directories().get(trial.id)
        return directory is not None and directory.outcome() is not None and directory not in self.reruns

    def begin(self, suite: Suite, trials: Sequence[Trial[Any]]) -> None:
        """Write down what is new, and archive what is to run again; earlier attempts are kept.

        trials: those of the work list, in the order in which they run.
        """
        suite.record.points, suite.record.planned = list(self.recorded_selections), len(self.trials)
        for name, value in self.entries.items():
            setattr(suite.record, name, value)
        suite.save()
        suite.write_inputs(trials)
        for directory in self.reruns:
            directory.archive_attempt()


def work_list(suite: Suite, experiment: Experiment) -> WorkList:
    """Every trial of the suite, those of this experiment added.

    Raises:
        Refused: a trial to run again is not there.
    """
    recorded_selections, own = list(suite.record.points), experiment.recorded_selection
    if own not in recorded_selections and experiment.selection != TrialSelection(experiment.protocol.name):
        recorded_selections.append(own)
    all_selected = [selected_by(selection, suite, experiment) for selection in recorded_selections]
    trials = list({trial.id: trial for selection in all_selected for trial in selection.trials}.values())
    reruns = [directory for rerun in experiment.policy.rerun for directory in trials_to_rerun(suite, rerun)]
    return WorkList(trials, all_selected[-1].study, recorded_selections, reruns, record_entries(experiment, suite))


def decide_order(suite: Suite, name: str | None, several_machines: bool) -> Order:
    """The order of trials, which the suite keeps from now on."""
    order = Order.decide(name, suite.record.order, several_machines=several_machines)
    suite.record.order = order.to_json()
    return order


def selected_by(recorded_selection: Mapping[str, Any], suite: Suite, experiment: Experiment) -> Selected:
    """What a selection of a suite selects; the trials of the experiment's own are there already.

    Raises:
        Refused: the protocol or the study has changed, or another version of fpray recorded the selection.
    """
    file = experiment.study_file
    if recorded_selection == experiment.recorded_selection:
        return Selected(experiment.selection, experiment.protocol, experiment.study, experiment.trials, (), file)
    file = known_study_file(recorded_selection, suite, file, accept_change=experiment.policy.accept_change)
    return select_grid(TrialSelection.from_json(recorded_selection, suite.path / layout.SUITE), file)
