"""The names of the files that a search adds to its suite, each stated once; those of every suite are in `layout`."""

from __future__ import annotations

from typing import Final

POINTS: Final = "points.json"
ANSWER: Final = "answer.json"
OPTUNA_JOURNAL: Final = "optuna.journal"  # a journal or a database, by `--storage`
OPTUNA_DB: Final = "optuna.db"
JOURNAL_LOCK: Final = f"{OPTUNA_JOURNAL}.lock"  # a symbolic link that is never followed
