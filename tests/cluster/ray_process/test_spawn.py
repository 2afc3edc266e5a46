"""The Ray process is spawned and ended, whatever interrupts that."""

from __future__ import annotations

import threading

import psutil
import pytest

from fpray.cluster.ray_process.process import RayProcess

pytestmark = pytest.mark.ray


def test_ctrl_c_while_the_ray_process_is_spawned_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """H4: the thread that reads from it was not started yet, and could not be waited for."""

    def interrupted(_thread: threading.Thread) -> None:
        raise KeyboardInterrupt

    process = RayProcess()
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            process.spawn({})
    process.end()
    assert not psutil.pid_exists(process.pid)
