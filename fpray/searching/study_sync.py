"""What an earlier run of a search left: trials that ended since, that still run, or that the Optuna study has lost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.trial import TrialState

from fpray.plan.plan import Trial
from fpray.protocol.protocol import Protocol
from fpray.searching.points_file import PointsFile
from fpray.searching.repeats import RepeatNumbers, configuration
from fpray.searching.search_trials import SearchTrials
from fpray.searching.trial_attributes import CONFIGURATION, FPRAY_TRIAL, NUMBER, REPEAT
from fpray.store.outcome import Outcome
from fpray.store.suite import Suite
from fpray.store.trial_params import read_trial


@dataclass
class EarlierRuns:
    """What earlier runs of a search left.

    Attributes:
        known: trial id -> trial, of all trials in the suite.
        repeats: the repeat numbers that are taken.
        pending: trials that were asked for and have no final outcome: they run first.
        outcomes_told: whether the study learned outcomes that it did not know.
        restored: how many trials of the suite the study had lost.
    """

    known: dict[str, Trial[Any]] = field(default_factory=dict)
    repeats: RepeatNumbers = field(default_factory=RepeatNumbers)
    pending: list[optuna.Trial] = field(default_factory=list)
    outcomes_told: bool = False
    restored: int = 0


def catch_up(suite: Suite, trials: SearchTrials, points: PointsFile, protocol: Protocol[Any]) -> EarlierRuns:
    """Bring the Optuna study and the suite together, wherever the driver died."""
    earlier = EarlierRuns()
    for frozen in trials.all():
        if FPRAY_TRIAL in frozen.user_attrs:
            earlier.repeats.note(frozen.user_attrs[CONFIGURATION], frozen.user_attrs[REPEAT])
    for directory in suite.directories().values():
        if content := directory.trial():
            trial = read_trial(protocol, content, suite.path.name)
            earlier.known[trial.id] = trial
            earlier.repeats.note(configuration(trial), trial.repeat)
    earlier.restored = _restore_lost(suite, trials, points, earlier.known)
    _take_over(suite, trials, earlier)
    return earlier


def _restore_lost(suite: Suite, trials: SearchTrials, points: PointsFile, earlier: Mapping[str, Trial[Any]]) -> int:
    """Add to the study what only the suite has: the study was in memory, or its database was lost. How many trials."""
    count = 0
    in_study = {t.user_attrs.get(FPRAY_TRIAL) for t in trials.all()}
    for trial_id in suite.directories():
        if trial_id in in_study or trial_id not in earlier:  # an older fpray gave other ids
            continue
        frozen = points.restored(trial_id, trials.attributes(earlier[trial_id]))
        if frozen is not None:
            trials.restore(frozen)
            count += 1
    return count


def _take_over(suite: Suite, trials: SearchTrials, earlier: EarlierRuns) -> None:
    """Tell the study what ended, in the order of ending; the rest of what it calls running is pending."""
    directories = suite.directories()
    ends: list[tuple[float, optuna.Trial, Outcome]] = []
    running = trials.all(TrialState.RUNNING)
    for frozen in sorted(running, key=lambda t: (str(t.user_attrs.get(NUMBER, "~")), t.number)):
        suggestion = trials.reopen(frozen)
        directory = directories.get(frozen.user_attrs.get(FPRAY_TRIAL, ""))
        outcome = directory.outcome() if directory is not None else None
        if directory is None or outcome is None:
            earlier.pending.append(suggestion)
        else:
            ends.append((directory.ended_ns() / 1e9, suggestion, outcome))
    before_s = -math.inf
    for ended_s, suggestion, outcome in sorted(ends, key=lambda end: end[0]):
        trials.use_sampler(suggestion.number)
        trials.tell(suggestion, outcome, ended_s - before_s)
        before_s = ended_s
    earlier.outcomes_told = bool(ends)
