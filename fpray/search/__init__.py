"""Searches: goals and bounds over a space, an Optuna study underneath, a sampler that knows closed loops."""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any


class _Search(types.ModuleType):
    """This package, which can be called: `fpray.search(...)` is the function whether or not the package was imported.

    Python makes a package an attribute of its parent, and so hides the function of the same name.
    """

    def __call__(self, *words: Any, **more: Any) -> Any:
        """See `fpray.api.search`."""
        return importlib.import_module("fpray.api").search(*words, **more)


sys.modules[__name__].__class__ = _Search
