"""Fixtures of sweeps: three hosts with Ray."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driver.work_site import NODES, WorkSite
from tests.support.hosts import NoNamespaces, hosts


@pytest.fixture(scope="module")
def site() -> Iterator[WorkSite]:
    """Three hosts with Ray on all."""
    scratch = Path(tempfile.mkdtemp(prefix="fpf-", dir="/tmp"))
    shared = scratch / "shared"
    shared.mkdir()
    try:
        with hosts(scratch, ["laptop", *NODES], []) as by_name:
            work_site = WorkSite(by_name, shared)
            for name in NODES:
                work_site.begin(name)
            yield work_site
    except NoNamespaces as reason:
        pytest.skip(str(reason))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
