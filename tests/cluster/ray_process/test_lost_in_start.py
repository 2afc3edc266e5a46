"""A raylet that ends in the moment in which nothing of the Ray process can notice it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.conftest import QUICK, start
from tests.support.patience import LONG

pytestmark = [pytest.mark.ray, pytest.mark.jvm, pytest.mark.slow]
# In the Ray process: the raylet is killed just before Ray connects to it, where no other thread runs; the first time.
_KILL_BEFORE_CONNECTING = """
import importlib.abc, importlib.util, os, pathlib, signal, sys


class Hook(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "ray._private.worker":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def patched(module):
            execute(module)
            import ray._raylet

            connect = ray._raylet.CoreWorker
            ray._raylet.CoreWorker = lambda *words, **options: (kill_raylet(), connect(*words, **options))[1]

        spec.loader.exec_module = patched
        return spec


def kill_raylet():
    mark = pathlib.Path(__file__).with_name("mark")
    if not mark.exists():
        mark.touch()
        children = pathlib.Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        (raylet,) = (pid for pid in children if pathlib.Path(f"/proc/{pid}/comm").read_text() == "raylet\\n")
        os.kill(int(raylet), signal.SIGKILL)


if "fpray.cluster.ray_process.main" in " ".join(sys.orig_argv):
    sys.meta_path.insert(0, Hook())
"""


def test_a_raylet_that_ends_while_ray_connects_to_it_is_started_again(tmp_path: Path) -> None:
    """Ray would try for 5 minutes, and the thread that watches the raylet does not run meanwhile."""
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(_KILL_BEFORE_CONNECTING)
    began = time.monotonic()
    words = ("sweep", "unreplicated", "--local", "--vary", "num_clients_per_proc=1", *QUICK)
    driver = start(*words, cwd=tmp_path, env={"RAY_ADDRESS": "", "PYTHONPATH": str(hook)})
    _, messages = driver.communicate(timeout=2 * LONG)
    assert driver.returncode == 0, messages
    assert (hook / "mark").exists()
    assert "1 finished" in messages
    assert time.monotonic() - began < 200, "Ray's own limit is 300 s"
