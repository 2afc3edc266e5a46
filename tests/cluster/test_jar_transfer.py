"""A jar is sent only if it is the one that the sweep began with."""

from __future__ import annotations

from pathlib import Path

import pytest

from fpray.cluster.jar_transfer import send_jar
from fpray.errors import FprayError
from fpray.jar.find import Jar
from fpray.testing.fake_machines import FakeMachines


def test_a_jar_that_is_built_anew_in_mid_sweep_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "my.jar").write_bytes(b"another")
    with pytest.raises(FprayError, match=r"has changed: this sweep began with sha .*#changed-jar$"):
        send_jar(FakeMachines(), Jar(tmp_path / "my.jar", "7" * 64, "", reference=False), {})
