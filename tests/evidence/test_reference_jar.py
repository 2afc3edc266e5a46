"""Trials of the reference jar have no doubt by Little's law, though its clients need a time of their own."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import run

FAST = (
    "--set", "warmup_duration=1s", "--set", "warmup_timeout=10s", "--set", "duration=1500ms", "--set", "timeout=20s",
)  # fmt: skip


def test_the_reference_jars_clients_are_not_doubted(ray_address: str, tmp_path: Path) -> None:
    """K2: one loop and several, in one process and in two; also on a busy machine, which is another doubt."""
    grid = ("--vary", "num_client_procs=1,2", "--vary", "num_clients_per_proc=1,5", "--keep-going")
    done = run("sweep", "unreplicated", *FAST, *grid, "--address", ray_address, cwd=tmp_path)
    outcomes = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("suites/*/0*/outcome.json"))]
    assert len(outcomes) == 4, done.err
    doubted = [outcome["results"]["measured.littles_law"] for outcome in outcomes if "Little" in str(outcome["doubts"])]
    assert len(doubted) <= 1, (
        doubted,
        done.err,
    )  # a client that is not scheduled for half of so short a time is starved
