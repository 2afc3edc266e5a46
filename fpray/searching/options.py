"""The options that `fpray search` has and `fpray sweep` has not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fpray.searching.sampler_factory import OURS


@dataclass(frozen=True)
class SearchOptions:
    """What a user asks of a search; the study decides what is None or empty here."""

    maximize: Sequence[str] = ()
    minimize: Sequence[str] = ()
    subject_to: Sequence[str] = ()
    space: Mapping[str, Any] = field(default_factory=dict)
    sampler: str = OURS
    storage: str | None = None
    seed: int | None = None
    stop_at: float | None = None
    confirm: int | None = None
    budget_trials: int | None = None
    budget_minutes: float | None = None
    budget_dollars: float | None = None
    price_per_machine_hour: float | None = None
