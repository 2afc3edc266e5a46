"""What tests of metrics share: a real Prometheus, and monitored trials that were run with it."""

from __future__ import annotations

import os
import shutil

import pytest


@pytest.fixture(scope="session")
def prometheus() -> str:
    """The path of the real server. Without it, tests are skipped, but not in CI where it could be installed."""
    path = shutil.which("prometheus")
    if path is None or shutil.which("promtool") is None:
        assert not os.environ.get("FPRAY_NEEDS_PROMETHEUS"), "no Prometheus, although .ci/run has installed it"
        pytest.skip("there is no Prometheus: apt-get install prometheus")
    return path
