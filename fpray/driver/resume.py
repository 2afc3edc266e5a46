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
        repeated: trials that run again although they ended.
        entries: those of `suite.json` that are of the latest one, see `fpray.driver.record_entries`.
    """

    trials: Sequence[Trial[Any]]
    study: Study
    recorded_selections: Sequence[Any]
    repeated: Sequence[TrialDirectory]
    entries: Mapping[str, Any]

    def is_done(self, suite: Suite, trial: Trial[Any]) -> bool:
        """Whether a trial has ended for good, and is not to run again."""
        directory = suite.directories().get(trial.id)
        return directory is not None and directory.outcome() is not None and directory not in self.repeated

    def begin(self, suite: Suite, trials: Sequence[Trial[Any]]) -> None:
        """Write down what is new, and archive what is to run again; earlier attempts are kept.

        trials: those of the work list, in the order in which they run.
        """
        suite.record.points, suite.record.planned = list(self.recorded_selections), len(self.trials)
        for name, value in self.entries.items():
            setattr(suite.record, name, value)
        suite.save()
        suite.write_inputs(trials)
        for directory in self.repeated:
            directory.archive_attempt()


def work_list(suite: Suite, experiment: Experiment) -> WorkList:
    """Every trial of the suite, those of this experiment added.

    Raises:
        Refused: a trial to run again is not there.
    """
    words_of_all = list(suite.record.points)
    if experiment.recorded_selection not in words_of_all and experiment.selection != TrialSelection(
        experiment.protocol.name
    ):
        words_of_all.append(experiment.recorded_selection)
    selections = [selected_by(words, suite, experiment) for words in words_of_all]
    trials = list({trial.id: trial for selection in selections for trial in selection.trials}.values())
    repeats = [directory for rerun in experiment.policy.rerun for directory in trials_to_rerun(suite, rerun)]
    return WorkList(trials, selections[-1].study, words_of_all, repeats, record_entries(experiment, suite))


def decide_order(suite: Suite, name: str | None, several_machines: bool) -> Order:
    """The order of trials, which the suite keeps from now on."""
    order = Order.decide(name, suite.record.order, several_machines=several_machines)
    suite.record.order = order.to_json()
    return order


def selected_by(words: Mapping[str, Any], suite: Suite, experiment: Experiment) -> Selected:
    """What the words of a suite select; those of the experiment are known already.

    Raises:
        Refused: the protocol or the study has changed, or the words are of another version of fpray.
    """
    file = experiment.study_file
    if words == experiment.recorded_selection:
        return Selected(experiment.selection, experiment.protocol, experiment.study, experiment.trials, (), file)
    file = known_study_file(words, suite, file, accept_change=experiment.policy.accept_change)
    return select_grid(TrialSelection.from_json(words, suite.path / layout.SUITE), file)
