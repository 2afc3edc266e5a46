"""Files that are written whole or not at all; text and JSON in such files."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[str]:
    """A temporary name for a file that gets its own when the block ends: readers see the old file or the whole new one.

    Raises:
        OSError: it cannot get its name. As after any other exception, nothing is left of the temporary file.
    """
    folder, name = os.path.split(path)
    # The random part keeps machines apart that write to one directory of a file server.
    partial = os.path.join(folder, f".{name}.{os.urandom(6).hex()}.partial")  # noqa: PTH118  called very often
    try:
        yield partial
        os.replace(partial, path)  # noqa: PTH105
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise


def write_text(path: str | Path, text: str) -> None:
    """Write a file, see `replacing`.

    Raises:
        OSError: it cannot be written.
    """
    with replacing(path) as partial:
        _write(partial, os.O_EXCL, text)


def append_text(path: str | Path, text: str) -> None:
    """Add to the end of a file, which is made where there is none.

    Raises:
        OSError: not all of it could be written.
    """
    _write(path, os.O_APPEND | os.O_NOFOLLOW, text)


def _write(path: str | Path, mode: int, text: str) -> None:
    """With as few system calls as possible: a trial has a dozen files, a sweep thousands of trials."""
    data = memoryview(text.encode(errors="surrogateescape"))  # arguments need not be UTF-8
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | mode, 0o666)
    try:
        while data:
            data = data[os.write(file, data) :]
    finally:
        os.close(file)


def write_json(path: str | Path, value: Any) -> None:
    """Write a JSON file with one entry per line, which is easy to look through and quick to write."""
    if isinstance(value, Mapping) and value:
        text = ",\n ".join(f"{json.dumps(str(key))}: {json.dumps(entry)}" for key, entry in value.items())
        text = f"{{\n {text}\n}}"
    elif isinstance(value, list) and value:
        text = "[\n " + ",\n ".join(map(json.dumps, value)) + "\n]"
    else:
        text = json.dumps(value)
    write_text(path, text + "\n")
