"""The pool of threads on which files are parsed and columns are summarized."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

WORKERS = min(os.cpu_count() or 1, 8)


@cache
def cores() -> ThreadPoolExecutor:
    """A pool with one thread for each core.

    All of fpray shares one pool, because malloc keeps freed memory for the thread that freed it.
    """
    return ThreadPoolExecutor(WORKERS, "rows")
