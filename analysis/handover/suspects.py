"""Finds what looks like a secret in a file that is handed over. fpray writes none, but users and programs may.

docs/security.md says where fpray keeps secrets: in no file of a suite.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_NO_VALUE = rb"""(?!\*|(?i:none|null|true|false|env:|file:|nothing|\$|<))"""
_KINDS: Final = {
    "a private key": rb"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----",
    "a key of AWS": rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token of GitHub": rb"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})",
    "a token of Slack": rb"\bxox[abeprs]-[A-Za-z0-9-]{10,}",
    "a hook of a chat": rb"https://(?:hooks\.slack\.com/services|discord(?:app)?\.com/api/webhooks)/\w+",
    "a token (JWT)": rb"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "a password in an address": rb"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"']{1,64}:(?!\*)[^\s/@\"']{1,128}@",
    "a password": (
        rb"(?i:passw(?:or)?d|secret(?:[_-]?(?:access[_-]?)?key)?|api[_-]?key|access[_-]?key|auth[_-]?token|private[_-]?key)"
        rb"""\\?["']?\s{0,3}[:=]\s{0,3}\\?["']?""" + _NO_VALUE + rb"""[^\s"',;\\]{6,}"""
    ),
}
_NAMES: Final = tuple(_KINDS)
_PATTERN: Final = re.compile(b"|".join(b"(" + kind + b")" for kind in _KINDS.values()))


def suspects(text: bytes) -> Iterator[tuple[int, str]]:
    """The number of the line, from 0, and what is in it, for each text that looks like a secret."""
    for match in _PATTERN.finditer(text):
        assert match.lastindex is not None
        yield text.count(b"\n", 0, match.start()), _NAMES[match.lastindex - 1]
