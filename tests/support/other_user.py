"""Another user of this machine, for tests of what it can do: a child that has given up being root."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

UID = 65534  # nobody
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def as_other_user(code: str, *arguments: str, uid: int = UID) -> subprocess.Popen[str]:
    """Run Python code as another user, without any group or right of root's; the caller ends it."""
    command = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def output_as_other_user(code: str, *arguments: str, uid: int = UID) -> str:
    """What Python code prints that runs as another user; it must not fail."""
    process = as_other_user(code, *arguments, uid=uid)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out
