"""Fixtures of the node: a supervisor with processes, a trial's directory, owners, free ports."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fpray.node import ports
from fpray.node.processes import Processes
from tests.node.supervisor_owner import SupervisorOwner, supervisors, wait_until


@pytest.fixture
def driver() -> str:
    return f"test-{secrets.token_hex(6)}"


@pytest.fixture
def processes(driver: str) -> Iterator[Processes]:
    with Processes(driver) as service:
        yield service
    wait_until(lambda: not supervisors(driver))


@pytest.fixture
def trial(tmp_path: Path) -> str:
    return str(tmp_path / "001")


@pytest.fixture
def port() -> int:
    # Far from those of other test processes, which have pids that are near: without root they share a network.
    return ports.free_ports("127.0.0.1", 1, 20000 + os.getpid() * 37 % 60 * 200)[0]


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Callable[..., SupervisorOwner]]:
    owners: list[SupervisorOwner] = []

    def make(*kinds: str, **options: Any) -> SupervisorOwner:
        owners.append(SupervisorOwner(tmp_path, list(kinds), **options))
        return owners[-1]

    yield make
    for process in owners:
        process.end()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "fpray" / "jars"
