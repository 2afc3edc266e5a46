"""Pages that need no network: every text in them is escaped, and no script but their own can run."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from fpray.files.printable import printable

_UNSAFE: Final = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})


def page_from(template: Path, context: Mapping[str, Any]) -> str:
    """A page from a Jinja template, in which every text is escaped and safe to show."""
    import jinja2  # takes a while

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template.parent), autoescape=True, finalize=_safe, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    return environment.get_template(template.name).render(context)


def _safe(value: object) -> object:
    """What a template puts into the page: a text without characters that hide or turn round other text."""
    return printable(value) if type(value) is str else value


def all_printable(value: Any) -> Any:
    """The same value, in which every text is safe to show."""
    if isinstance(value, Mapping):
        return {key: all_printable(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [all_printable(entry) for entry in value]
    return printable(value) if isinstance(value, str) else value


def json_text(value: object) -> str:
    """JSON that can stand in an element of the page: no character of it can end the element."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).translate(_UNSAFE)


def policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    """The Content-Security-Policy: these scripts and style sheets by their hashes, and no network."""
    return (
        f"default-src 'none'; script-src {_hashes(scripts)}; style-src {_hashes(styles)}; img-src data: blob:;"
        " base-uri 'none'; form-action 'none'"
    )


def _hashes(texts: Sequence[str]) -> str:
    digests = (hashlib.sha256(text.encode()).digest() for text in texts)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
