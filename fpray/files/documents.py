"""Where a document is that a message names: in the checkout, or in the installed package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def document(name: str) -> str:
    """`docs/measuring.md` in a checkout; the path of the copy that an installed wheel has."""
    installed = _PACKAGE / "docs" / name.partition("#")[0]
    return str(_PACKAGE / "docs" / name) if installed.is_file() else f"docs/{name}"
