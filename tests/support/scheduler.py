"""Which tests run in one process: those of a file, and all that make hosts, since each host has a Ray of its own."""

from __future__ import annotations

import functools
from pathlib import Path

from xdist.scheduler.loadscope import LoadScopeScheduling

_ROOT = Path(__file__).parents[2]


class FilesInProcesses(LoadScopeScheduling):  # type: ignore[misc]
    """Used for `--dist loadfile`. (`--dist loadgroup` does nothing with pytest 9.2 and pytest-xdist 3.8.)"""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "hosts" if _makes_hosts(file) else file


@functools.cache
def _makes_hosts(file: str) -> bool:
    return "pytestmark = needs_hosts(" in (_ROOT / file).read_text()
