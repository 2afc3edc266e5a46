"""Searches by the command line, and what they leave in their suite."""

from __future__ import annotations

import re
from pathlib import Path

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial

from tests.conftest import cli

LOAD = ("--maximize", "measured.throughput", "--subject-to", "measured.latency.p99_ms<=1000")
SPACE = ("--space", "num_clients_per_proc=1..256:log")


def study_trials(suite: Path) -> list[FrozenTrial]:
    """The trials of the Optuna study, read without fpray."""
    storage = JournalStorage(JournalFileBackend(str(suite / "optuna.journal")))
    return optuna.load_study(study_name=None, storage=storage).trials


def refusal(*words: str) -> str:
    done = cli("search", *words)
    assert done.exit_code == 2, done.output
    return re.sub(r"\s+", " ", done.output)
