"""The scripts of other projects that a report carries: where they are installed, and their licences."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_EXPORTS: Final = re.compile(r"export\{(?P<names>[^{}]*)\}")
_JQUERY: Final = re.compile(r"(?P<local>[\w$]+) as jQuery\b")
_OWN_STYLE: Final = re.compile(r"textContent='((?:[^'\\]|\\.)*)'")  # a style sheet that a script adds to the page


@dataclass(frozen=True)
class Library:
    """A script.

    Attributes:
        name: what it is, with the licence by which it may be copied into the page.
        text: its code, for a plain script element.
        styles: the style sheets that it adds by itself, which the page's policy must allow by their hashes.
        licence: the whole text of the licence.
    """

    name: str
    text: str
    styles: tuple[str, ...]
    licence: str


@functools.cache
def charts() -> Library:
    """Plotly.js, as the package plotly ships it."""
    text = _file("plotly", "package_data", "plotly.min.js").read_text(encoding="utf-8")
    # Also of an empty text: Plotly.js fills an empty style sheet by rules.
    styles = ("", *(match.replace("\\'", "'") for match in _OWN_STYLE.findall(text)))
    return Library(f"Plotly.js of plotly {_version('plotly')} (MIT)", text, styles, _licence("plotly"))


@functools.cache
def tables() -> Library:
    """DataTables and jQuery, as the package itables ships them: a module, which becomes a plain script here."""
    module = _file("itables", "html", "dt_bundle.js").read_text(encoding="utf-8")
    exports = _EXPORTS.search(module)
    jquery = _JQUERY.search(exports["names"]) if exports else None
    assert exports is not None, "itables ships a module with exports"
    assert jquery is not None, "itables exports jQuery"
    code = module[: exports.start()] + f"window.jQuery={jquery['local']}" + module[exports.end() :]
    text = f'(()=>{{"use strict";{code}\n}})();'
    return Library(f"DataTables and jQuery of itables {_version('itables')} (MIT)", text, (), _licence("itables"))


def _file(package: str, *path: str) -> Path:
    """A file of an installed package, which is not imported: itables would import pandas, which takes a second."""
    spec = importlib.util.find_spec(package)
    assert spec is not None, f"{package} is installed with fpray"
    assert spec.origin is not None
    return Path(spec.origin).parent.joinpath(*path)


def _version(package: str) -> str:
    return importlib.metadata.version(package)


def _licence(package: str) -> str:
    """The text of a package's licence file."""
    files = importlib.metadata.files(package) or []
    texts = [
        file.read_text("utf-8") for file in files if file.name.upper().startswith("LICEN") and "dist-info" in str(file)
    ]
    return texts[0] if texts else ""
