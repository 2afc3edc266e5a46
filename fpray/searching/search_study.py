"""A study that looks for the best point of a space."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from fpray.files.rules import Rule
from fpray.files.shown import shown
from fpray.study.layers import Point
from fpray.study.study import Study


def _function(value: object) -> str | None:
    """A study may choose its points itself."""
    if value is None or callable(value):
        return None
    return f"must be a function that takes one argument (an Optuna trial), not {shown(value)}"


@dataclass(frozen=True)
class Search(Study):
    """A study that looks for the best point of a space. The search starts from the study's only own point.

    `fpray search PROTOCOL --study NAME|FILE` runs it. Options of the command line replace its attributes. A user's
    file holds one as `STUDY`.

    Attributes:
        maximize: columns of the results to maximize: a text for one column, or a list.
        minimize: columns of the results to minimize, likewise; several goals give a Pareto front.
        subject_to: bounds as text, `COLUMN<=NUMBER` or `COLUMN>=NUMBER`.
        space: parameter (dotted) -> `LOW..HIGH`, `LOW..HIGH:log`, `LOW..HIGH:step=N`, a list of values, or an Optuna
            distribution.
        suggest: Optuna trial -> point, instead of a space: for parameters that depend on one another.
        budget_trials: the most trials that it runs, confirmations included.
        stop_at: the search ends when no gain above this share is likely any more.
        confirm: how many times the best configuration must have run at the end.
    """

    maximize: str | Sequence[str] = ()
    minimize: str | Sequence[str] = ()
    subject_to: str | Sequence[str] = ()
    space: Mapping[str, Any] = field(default_factory=dict)
    suggest: Annotated[Callable[[Any], Point] | None, Rule(_function)] = None
    budget_trials: int = 50
    stop_at: float = 0.02
    confirm: int = 3
    command: ClassVar[str] = "search"

    def __post_init__(self) -> None:
        for name in ("maximize", "minimize", "subject_to"):
            if isinstance(text := getattr(self, name), str):  # one column, as for `fpray.search`
                object.__setattr__(self, name, (text,))

    @property
    def adaptive(self) -> bool:
        """A search chooses each trial by the results of those before."""
        return True

    @property
    def trial_limit(self) -> int:
        """Its budget."""
        return self.budget_trials
