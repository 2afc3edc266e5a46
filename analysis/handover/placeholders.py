"""Replaces directories of the author by placeholders in text: home directories, the suite, checkouts.

What is replaced follows from the suite and from the account of the user that makes the archive. Host names and
addresses stay, since they are facts about a measurement.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from fpray.files import layout
from fpray.files.content import BY_FPRAY, Unreadable, read_json_file
from fpray_analysis.loaded import Store

HOME, SUITE, CHECKOUT, FPRAY_CHECKOUT, WORK = "~", "SUITE", "CHECKOUT", "FPRAY_CHECKOUT", "WORKING_DIRECTORY"
MEANINGS: Final[Mapping[str, str]] = {
    HOME: "a home directory",
    SUITE: "the directory of the suite, which is this one",
    CHECKOUT: "the checkout of git in which the command was run",
    FPRAY_CHECKOUT: "the checkout of fpray's source",
    WORK: "the directory in which the command was run",
}
# Any home directory, also below a mount point; not what only looks like one within a longer path or an address.
_NAME = rb"""(?:[^/\s"'\\:;,<>|(){}\[\]$`]|\\u[0-9a-fA-F]{4})+"""
_BEFORE = rb"(?<![\w./])"
_ANY_HOME = _BEFORE + rb"(?:/" + _NAME + rb")*?/(?:home|Users)/" + _NAME + rb"|" + _BEFORE + rb"/root(?![\w.-])"
_WINDOWS_HOME = rb"""\b[A-Za-z]:(?:\\{1,2}|/)Users(?:\\{1,2}|/)[^\\/\s"':;]+"""
_COMMON: Final = ("root", "ubuntu", "ec2-user", "admin", "debian", "user", "ray")  # names that tell nothing
_AFTER = rb"(?![\w-])(?!\.\w)"  # else it is another name, which only begins so


class Placeholders:
    """What stands for what: `replace` changes text."""

    def __init__(self, directories: Mapping[str, str], suite_name: str) -> None:
        """directories: path -> its placeholder. suite_name: of the suite's directory, wherever it was when it ran."""
        self._by_text = {form: new.encode() for path, new in directories.items() for form in _forms(path)}
        self.homes = [path for path, new in directories.items() if new == HOME]
        users = (PurePosixPath(home).name for home in self.homes)
        self.user = os.fsencode(next((name for name in users if name not in _COMMON and len(name) > 2), ""))
        of_suite = _BEFORE + rb"(?:/" + _NAME + rb")+/" + re.escape(os.fsencode(suite_name)) + _AFTER
        longest_first = sorted(self._by_text, key=len, reverse=True)
        of_paths = b"|".join(re.escape(text) + _AFTER for text in longest_first) or rb"(?!)"
        self._pattern = re.compile(
            rb"(?P<suite>" + of_suite + rb")|(?P<path>" + of_paths + rb")|" + _ANY_HOME + rb"|" + _WINDOWS_HOME
        )

    def replace(self, text: bytes) -> tuple[bytes, int]:
        """The text with placeholders, and at how many places."""
        return self._pattern.subn(self._placeholder, text)

    def names_user(self, text: bytes) -> bool:
        """Whether the user is named in a text."""
        return bool(self.user) and re.search(rb"(?<![\w-])" + re.escape(self.user) + rb"(?![\w-])", text) is not None

    def _placeholder(self, match: re.Match[bytes]) -> bytes:
        if match["path"] is not None:
            return self._by_text[match[0]]
        return SUITE.encode() if match["suite"] is not None else HOME.encode()


def placeholders_of(store: Store, home: Path | None = None) -> Placeholders:
    """The placeholders for what a store names. home: of the user that makes the archive (default: this user's)."""
    home = home if home is not None else Path.home()
    directories = {str(path): HOME for path in (home, Path(os.path.realpath(home))) if len(path.parts) > 1}
    for path, new in _directories(store):
        is_plain = len(PurePosixPath(path).parts) > 2  # `/tmp` alone says nothing of a person
        if is_plain and path not in directories:
            directories[path] = new
    return Placeholders(directories, store.path.name)


def _directories(store: Store) -> Iterator[tuple[str, str]]:
    """The directories that a store names, with their placeholders; the first of equal ones counts."""
    if store.path.is_dir():
        yield str(store.path), SUITE
        yield os.path.realpath(store.path), SUITE
    record = _content(store.path / layout.SUITE)
    runs = record.get("runs")
    provenances = [record, *(runs if isinstance(runs, list) else [])]
    for provenance in (_entry(part, "provenance") for part in provenances):
        yield from _texts([_entry(_entry(provenance, "fpray_checkout"), "path")], FPRAY_CHECKOUT)
        yield from _texts([_entry(_entry(provenance, "checkout"), "path")], CHECKOUT)
        yield from _texts([_entry(provenance, "directory")], WORK)


def _content(file: Path) -> Mapping[str, Any]:
    try:
        content = read_json_file(file, BY_FPRAY)
    except (OSError, Unreadable):
        return {}
    return content if isinstance(content, dict) else {}


def _entry(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _texts(values: Iterable[Any], new: str) -> Iterator[tuple[str, str]]:
    return ((value, new) for value in values if isinstance(value, str) and value.startswith("/"))


def _forms(path: str) -> set[bytes]:
    """A path as text has it: as it is, in JSON, and in an address."""
    path = path.rstrip("/")
    in_address = "/".join(_percent(part) for part in path.split("/"))
    return {os.fsencode(path), json.dumps(path)[1:-1].encode(), in_address.encode()}


def _percent(part: str) -> str:
    from urllib.parse import quote

    return quote(part, errors="surrogateescape")
