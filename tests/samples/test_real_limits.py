"""Roles that are slow on purpose, in real sweeps of the reference jar: the verdict names them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fpray.store.bottleneck import COLUMNS
from tests.conftest import run as fpray

pytestmark = [pytest.mark.jvm, pytest.mark.ray, pytest.mark.slow]

LOAD = (
    "--set",
    "num_clients_per_proc=20",
    "--set",
    "warmup_duration=1s",
    "--set",
    "duration=5s",
    "--set",
    "timeout=60s",
)


@pytest.mark.parametrize("role", ["server", "client"])
def test_the_role_that_is_slow_on_purpose_limits_the_trial(role: str, ray_address: str, tmp_path: Path) -> None:
    burn = f"{role}:-Dfpray.burn_us=1000"
    words = ["unreplicated", "--vary", "num_client_procs=1", *LOAD, "--jvm-arg", burn]
    done = fpray("sweep", *words, "--address", ray_address, "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    (trial,) = map(json.loads, done.out.splitlines())
    limit = {name: trial["results"][name] for name in COLUMNS}
    # Beside other tests a thread that always has work may lack a core; its role has nearly all of the CPU time then.
    assert limit["bottleneck.kind"] in {"server": ("thread", "cpu"), "client": ("client", "cpu")}[role], limit
    assert limit["bottleneck.role"] == role, limit
    assert 0.8 <= limit["bottleneck.share"] <= 1
    assert 0 < limit["bottleneck.confidence"] < 1
