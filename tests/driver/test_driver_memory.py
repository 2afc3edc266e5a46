"""What a trial leaves in the memory of the driver, which may run for a night: nothing of its rows."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fpray.driver.means import check_sweep
from fpray.driver.sweep import run_sweep
from fpray.recorder.csv_reader import Reading
from fpray.trial.attempt import Attempt


@pytest.fixture
def no_collector() -> Iterator[None]:
    """What only the collector of circles could free stays: it runs seldom in a driver, and a trial's rows are large."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _living(kind: type) -> int:
    return sum(type(value) is kind for value in gc.get_objects())


def test_rows_of_a_trial_are_freed_before_the_next(ray_address: str, tmp_path: Path, no_collector: None) -> None:
    living: list[tuple[int, int]] = []

    def ended(_number: str, _trial: Any, _outcome: Any) -> None:
        living.append((_living(Reading), _living(Attempt)))

    options = {
        "vary": {"num_client_procs": [1, 2]},
        "set": {"warmup_duration": "200ms", "duration": "300ms", "timeout": "60s", "warmup_timeout": "60s"},
        "repeat": 2,
        "suite_directory": str(tmp_path),
        "address": ray_address,
    }
    result = run_sweep(check_sweep("unreplicated", options), on_trial=ended)
    assert result.exit_code == 0
    assert len(living) == 4
    assert living[-1][0] == 0, f"readings, attempts: {living}"
