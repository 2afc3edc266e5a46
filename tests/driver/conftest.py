"""Fixtures of sweeps: three hosts with Ray."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.driver.ray_hosts import NODES, RayHosts
from tests.support.hosts import hosts


@pytest.fixture(scope="module")
def site() -> Iterator[RayHosts]:
    """Three hosts with Ray on all."""
    with hosts(*NODES) as (by_name, shared):
        ray_hosts = RayHosts(by_name, shared)
        for name in NODES:
            ray_hosts.begin(name)
        yield ray_hosts
