"""Lets Python look for circles of unused values seldom: while a suite is held, nearly all values are in use."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

# Values that are made until Python looks. By default it looks at each 700, and now and then at all that there are: of
# the time of continuing with 10,000 trials that was a sixth. mypy sets about the same for the same reason.
_NEW_VALUES = 200_000


@contextlib.contextmanager
def rare_collections() -> Iterator[None]:
    """Python's garbage collector runs seldom inside of it, and not at all in a program that has switched it off.

    It frees circles of values. Any other value is freed as soon as it is unused, without the collector.
    """
    first, *others = gc.get_threshold()
    if first:
        gc.set_threshold(max(first, _NEW_VALUES), *others)
    try:
        yield
    finally:
        gc.set_threshold(first, *others)
