"""Matplotlib as fpray needs it, whatever another program around it has set."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

_BACKEND = "MPLBACKEND"


@contextlib.contextmanager
def no_foreign_backend() -> Iterator[None]:
    """In the block Matplotlib is imported without the setting of another program, such as the notebook above us."""
    before = os.environ.pop(_BACKEND, None)
    try:
        yield
    finally:
        if before is not None:
            os.environ[_BACKEND] = before
