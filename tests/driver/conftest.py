"""Fixtures of sweeps: three hosts with Ray."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.driver.work_site import NODES, WorkSite
from tests.support.hosts import hosts


@pytest.fixture(scope="module")
def site() -> Iterator[WorkSite]:
    """Three hosts with Ray on all."""
    with hosts(*NODES) as (by_name, shared):
        work_site = WorkSite(by_name, shared)
        for name in NODES:
            work_site.begin(name)
        yield work_site
