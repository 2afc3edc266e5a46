"""What a search records of an fpray trial as user attributes of the Optuna trial; the sampler's own lie beside it."""

from __future__ import annotations

from typing import Final

FPRAY_TRIAL: Final = "fpray_trial"  # its id
NUMBER: Final = "number"  # its directory in the suite
CONFIGURATION: Final = "configuration"  # the id of its first repeat
REPEAT: Final = "repeat"
CONFIRMATION: Final = "confirmation"  # whether it repeats the best
CLOSED_LOOPS: Final = "closed_loops"
DETAIL: Final = "detail"  # of how it ended
WALL_S: Final = "wall_s"
SPENT_S: Final = "spent_s"  # the part of it that counts against the budget
