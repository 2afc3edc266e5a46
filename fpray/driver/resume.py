"""What a suite is to hold, and what of it is still to run: the same command continues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fpray.driver.experiment import Experiment
from fpray.driver.selection import Selected, TrialSelection, select_grid
from fpray.driver.study_files import check_study_file, study_files
from fpray.errors import Cause, refuse
from fpray.files import layout
from fpray.jar.provenance import jar_record
from fpray.plan.plan import Trial
from fpray.store.outcome import Status
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
        points: the words of these commands, as a suite keeps them.
        repeated: trials that run again although they ended.
    """

    trials: Sequence[Trial[Any]]
    study: Study
    points: Sequence[Any]
    repeated: Sequence[TrialDirectory]

    def is_done(self, suite: Suite, trial: Trial[Any]) -> bool:
        """Whether a trial has ended for good, and is not to run again."""
        directory = suite.directories().get(trial.id)
        return directory is not None and directory.outcome() is not None and directory not in self.repeated

    def begin(self, suite: Suite, experiment: Experiment, trials: Sequence[Trial[Any]]) -> None:
        """Write down what is new, and archive what is to run again; earlier attempts are kept.

        trials: those of the work list, in the order in which they run.
        """
        suite.record.points = list(self.points)
        suite.record.planned, suite.record.jar = len(self.trials), jar_record(experiment.environment.jar)
        experiment.settings.keep_in(suite.record)
        suite.record.study_files |= study_files(experiment)
        suite.save()
        suite.write_inputs(trials)
        for directory in self.repeated:
            directory.archive_attempt()


def work_list(suite: Suite, experiment: Experiment) -> WorkList:
    """Every trial of the suite, those of this experiment added.

    Raises:
        Refused: a trial to run again is not there.
    """
    points = list(suite.record.points)
    if experiment.points not in points and experiment.selection != TrialSelection(experiment.protocol.name):
        points.append(experiment.points)
    selections = [selected_by(words, suite, experiment) for words in points]
    trials = list({trial.id: trial for selection in selections for trial in selection.trials}.values())
    repeats = [directory for name in experiment.policy.rerun for directory in _to_repeat(suite, name)]
    return WorkList(trials, selections[-1].study, points, repeats)


def decide_order(suite: Suite, experiment: Experiment, several_machines: bool) -> Order:
    """The order of trials, which the suite keeps from now on."""
    order = Order.decide(experiment.policy.order, suite.record.order, several_machines=several_machines)
    suite.record.order = order.to_json()
    return order


def selected_by(words: Mapping[str, Any], suite: Suite, experiment: Experiment) -> Selected:
    """What the words of a suite select; those of the experiment are known already.

    Raises:
        Refused: the protocol or the study has changed, or the words are of another version of fpray.
    """
    if words == experiment.points:
        return Selected(experiment.protocol, experiment.study, experiment.trials)
    check_study_file(words, suite, experiment)
    return select_grid(TrialSelection.from_json(words, suite.path / layout.SUITE))


def _to_repeat(suite: Suite, name: str) -> list[TrialDirectory]:
    """The trials that failed, or one by number or id."""
    directories = [
        directory
        for directory, trial, outcome in suite.outcomes()
        if (name == "failed" and outcome is not None and outcome.status is not Status.FINISHED)
        or name.lstrip("0") == directory.number.lstrip("0")
        or (len(name) >= 6 and str(trial["id"]).startswith(name))
    ]
    if not directories and name != "failed":
        sentence = f"{suite.path.name} has no such trial: write a number, such as 003, or failed (all that failed)"
        raise refuse(f"--rerun {name}", sentence, Cause.TRIAL)
    return directories
