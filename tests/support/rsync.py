"""Stands in for rsync where there is none, for the one way in which Ray's launcher calls it: a copy to or from a host.

`rsync --rsh "ssh ..." -avz [--exclude P] SOURCE TARGET`, one of the two `user@host:path`. As rsync, a source directory
with a slash at its end is its content. Nothing is removed, and everything is copied.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from pathlib import PurePosixPath


def _pack(path: str, excluded: list[str]) -> str:
    """A shell command that writes an archive of a path."""
    left_out = "".join(f" --exclude={shlex.quote(pattern)}" for pattern in excluded)
    place = PurePosixPath(path)
    if path.endswith("/"):
        return f"tar -C {_quoted(str(place))}{left_out} -cf - ."
    return f"tar -C {_quoted(str(place.parent))}{left_out} -cf - {shlex.quote(place.name)}"


def _unpack(source: str, target: str) -> str:
    """A shell command that unpacks it where the target says: a directory, or the name of a file."""
    place, name = PurePosixPath(target), PurePosixPath(source).name
    if source.endswith("/"):
        return f"mkdir -p {_quoted(target)} && tar -C {_quoted(target)} -xpf -"
    if target.endswith("/"):
        return f"tar -C {_quoted(target)} -xpf -"
    renamed = "" if place.name == name else f" --transform=s,^.*$,{shlex.quote(place.name)},"
    return f"tar -C {_quoted(str(place.parent))}{renamed} -xpf -"


def _quoted(path: str) -> str:
    """A leading ~ is the shell's to expand, as with rsync."""
    return f"~/{shlex.quote(path[2:])}" if path.startswith("~/") and path[2:] else shlex.quote(path).replace("'~'", "~")


def main() -> int:
    """Copy, and exit with the first code that is not 0."""
    words = argparse.ArgumentParser()
    words.add_argument("--rsh", required=True)
    words.add_argument("-avz", action="store_true")
    words.add_argument("--exclude", action="append", default=[])
    words.add_argument("--filter", action="append", default=[])
    words.add_argument("source")
    words.add_argument("target")
    options = words.parse_args()
    (where, _, source), (whereto, _, target) = _split(options.source), _split(options.target)
    pack, unpack = _pack(source, options.exclude), _unpack(source, target)
    first = [*shlex.split(options.rsh), where, pack] if where else ["bash", "-c", pack]
    second = [*shlex.split(options.rsh), whereto, unpack] if whereto else ["bash", "-c", unpack]
    packing = subprocess.Popen(first, stdout=subprocess.PIPE)
    unpacked = subprocess.run(second, stdin=packing.stdout).returncode
    return packing.wait() or unpacked


def _split(place: str) -> tuple[str, str, str]:
    """(user@host or nothing, :, path)."""
    host, colon, path = place.partition(":")
    return (host, colon, path) if colon and "/" not in host else ("", "", place)


if __name__ == "__main__":
    sys.exit(main())
