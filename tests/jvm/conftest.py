"""What tests of the reference jar share: processes that end with the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jvm.processes import Processes
from tests.support.isolation import full_speed


@pytest.fixture
def processes(reference_jar: Path, tmp_path: Path) -> Iterator[Processes]:
    """Starts mains of the jar, with the test's directory for their output."""
    processes_of_test = Processes(reference_jar, tmp_path)
    with full_speed():
        yield processes_of_test
        processes_of_test.end()
