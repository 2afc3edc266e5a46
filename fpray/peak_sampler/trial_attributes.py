"""The user attributes of an Optuna trial from which the sampler learns, by their names in the Optuna study."""

from __future__ import annotations

from typing import Final

METRICS: Final = "metrics"  # column -> number or null
STATUS: Final = "status"  # how the trial ended
