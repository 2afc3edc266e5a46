"""Another user of this machine, for tests of what it can do: a child that has given up being root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.support.patience import LONG

UID = 65534  # user nobody


def _can_become_another() -> bool:
    """Whether this is root, and whether that user reaches this Python."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return False
    return subprocess.run(_command("pass", uid=UID), capture_output=True, check=False).returncode == 0


def _command(code: str, *arguments: str, uid: int) -> list[str]:
    as_user = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
    return [*as_user, sys.executable, "-c", code, *arguments]


needs_root = pytest.mark.skipif(not _can_become_another(), reason="only root can become another user, with our Python")


def as_other_user(code: str, *arguments: str, uid: int = UID) -> subprocess.Popen[str]:
    """Run Python code as another user, without any group or right of root's; the caller ends it."""
    command = _command(code, *arguments, uid=uid)
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def output_as_other_user(code: str, *arguments: str, uid: int = UID) -> str:
    """What Python code prints that runs as another user; it must not fail."""
    process = as_other_user(code, *arguments, uid=uid)
    out, err = process.communicate(timeout=LONG)
    assert process.returncode == 0, err
    return out
