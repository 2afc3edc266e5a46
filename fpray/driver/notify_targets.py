"""What `--notify` may name: commands and URLs, checked before anything starts; of a URL, only the host is shown."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from fpray.errors import Cause, Problem, Refused
from fpray.files.secret import ENVIRONMENT, FILE, HOW, Secret, read_secret

_URL = re.compile(r"https?://", re.IGNORECASE)
_IN_COMMAND = re.compile(r"https?://[^\s'\"]+", re.IGNORECASE)
_NOT_IN_URL = re.compile(r"[^!#-&(-;=?-\[\]_a-z~]")  # RFC 3986, without the quote


def is_url(target: str) -> bool:
    """Whether a target is posted to; any other is a command."""
    return _URL.match(target) is not None


def read_targets(texts: Sequence[str]) -> tuple[tuple[Secret, ...], list[Problem]]:
    """The targets of `--notify`, and what is wrong with them."""
    targets, problems = [], []
    for text in texts:
        try:
            target = _target(text)
        except Refused as refused:
            problems += [problem.within("--notify") for problem in refused.problems]
            continue
        targets.append(target)
        if sentence := _url_problem(target) if is_url(target.value) else _command_problem(target.value):
            cause = Cause.SECRET if sentence.endswith(HOW) else Cause.NOTIFICATION  # HOW: where a secret belongs
            problems.append(Problem(f"--notify {target}", sentence, cause))
    return tuple(targets), problems


def _target(text: str) -> Secret:
    """Raises Refused if it is in no variable or file."""
    value = read_secret(text)
    without_secrets = (
        text if text.startswith((ENVIRONMENT, FILE)) else _IN_COMMAND.sub(lambda url: _shown(url[0]), value)
    )
    return Secret(
        value, without_secrets, tuple(piece for url in _IN_COMMAND.findall(value) for piece in _pieces(url)), text
    )


def _shown(url: str) -> str:
    """A URL without what may be a secret: a chat's hook has it in its path, other services in the query."""
    parts = _split(url)
    if parts is None:
        return f"{url.partition('://')[0]}://..."
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}/..." if parts.path.strip("/") or parts.query else f"{parts.scheme}://{host}/"


def _pieces(url: str) -> list[str]:
    if (parts := _split(url)) is None:
        return []
    return [piece for piece in (parts.password, parts.query, parts.path.strip("/")) if piece]


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError where it is no number of a port
        return parts if parts.hostname else None
    except ValueError:
        return None


def _url_problem(target: Secret) -> str | None:
    if wrong := _NOT_IN_URL.search(target.value):
        return (
            f"is not a URL, because a URL cannot contain {wrong[0]!r}: write that character percent-encoded,"
            " a space as %20"
        )
    if (parts := _split(target.value)) is None:
        return "is not a URL: write one such as http://10.0.0.5:8080/hook (an IPv6 address in brackets)"
    if target.literal and parts.password is not None:
        return f"holds a password, which the command ps shows to all users: {HOW}"
    return None


def _command_problem(command: str) -> str | None:
    try:
        program = (shlex.split(command) or [""])[0]
    except ValueError as error:
        return f"is not a valid command line, because its quotes do not match ({error}): correct them"
    if "\0" in command or shutil.which(program) is None:
        return (
            f"must be a command or an http(s) URL, and this machine has no program {program!r}: correct its"
            " name, or write a URL"
        )
    return None
