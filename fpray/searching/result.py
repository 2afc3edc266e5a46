"""What `fpray.search` returns: the recommendation, and everything that led to it."""

from __future__ import annotations

from dataclasses import dataclass

import optuna

from fpray.driver.result import SweepResult
from fpray.searching.recommendation import Recommendation


@dataclass(repr=False)
class SearchResult(SweepResult):
    """The result of a search.

    Attributes:
        answer: the best configuration, how certain that is, and the alternatives; None before any trial.
        ended: why it ended; "" if it was interrupted.
        study: the Optuna study, for its plots and its importances.
    """

    answer: Recommendation | None = None
    ended: str = ""
    study: optuna.Study | None = None

    @property
    def exit_code(self) -> int:
        """0: a configuration keeps the bounds; 1: none that is known does; 130: interrupted."""
        if self.interrupted:
            return 130
        return 0 if self.answer is not None and self.answer.feasible else 1
