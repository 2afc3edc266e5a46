"""Which tests run in one process: all that make hosts, since each host has a Ray of its own; and else those of a file.

The two ways have names of pytest-xdist and replace its own of these names (tests/conftest.py). Its `--dist loadgroup`
does nothing with pytest 9.2 and pytest-xdist 3.8.
"""

from __future__ import annotations

import functools
from pathlib import Path

from xdist.scheduler.loadscope import LoadScopeScheduling

_ROOT = Path(__file__).parents[2]


class FilesInProcesses(LoadScopeScheduling):  # type: ignore[misc]
    """`--dist loadfile`: what a file's fixtures start, starts once."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "hosts" if _makes_hosts(file) else file


class TestsInProcesses(LoadScopeScheduling):  # type: ignore[misc]
    """`--dist loadscope`: for slow tests, of which a file may have many; any process runs the next one."""

    def _split_scope(self, nodeid: str) -> str:
        return "hosts" if _makes_hosts(nodeid.partition("::")[0]) else nodeid


SCHEDULERS = {"loadfile": FilesInProcesses, "loadscope": TestsInProcesses}


@functools.cache
def _makes_hosts(file: str) -> bool:
    return "pytestmark = needs_hosts(" in (_ROOT / file).read_text()
