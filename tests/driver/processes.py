"""The processes of a driver that a test looks at or kills."""

from __future__ import annotations

import subprocess

import psutil


def descendants(process: subprocess.Popen[str], name: str) -> list[psutil.Process]:
    """The processes that a driver has started, and those below them, with a word of this kind in their command line."""
    try:
        children = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [child for child in children if child.is_running() and name in " ".join(_words(child))]


def _words(process: psutil.Process) -> list[str]:
    try:
        return [process.name(), *process.cmdline()]
    except psutil.Error:
        return []
