"""Reads a JSON file that fpray wrote: of this version or of an earlier one, typed; else it says what is damaged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from fpray.errors import Cause, Problem, Refused
from fpray.files.content import BY_FPRAY, Unreadable, read_json_file
from fpray.files.typed import Misfit, typed

T = TypeVar("T")
SCHEMA = 1  # of the files that this version writes
_LISTED = 5


class Damaged(Refused):
    """A file of a suite that cannot be read, or was written by a newer version of fpray; the text says which and why.

    file: its path; sentences: what is wrong with it.
    """

    def __init__(self, file: str | Path, *sentences: str, cause: Cause = Cause.DAMAGED) -> None:
        self.file = Path(file)
        mend = ". Restore the file from a copy, or start a new suite (directory of results) with --new"
        mend = mend if sentences[0].startswith(("is damaged", "is missing")) else ""
        more = [f"and {len(sentences) - _LISTED} more"] if len(sentences) > _LISTED else []
        super().__init__(Problem(str(file), "; ".join([*sentences[:_LISTED], *more]) + mend, cause))


def read_suite_file(path: str | Path, kind: type[T]) -> T | None:
    """The content of a file that fpray wrote; None if there is no such file.

    Raises:
        Damaged: it is not what fpray writes.
    """
    try:
        content = read_json_file(path, BY_FPRAY)
    except FileNotFoundError:
        return None
    except Unreadable as why:
        raise Damaged(path, f"is damaged: {why}") from None
    except OSError as error:
        raise Damaged(
            path, f"cannot be read: {error.strerror}. Correct its permissions or its disk, and try again"
        ) from None
    return typed_content(path, kind, content)


def typed_content(path: str | Path, kind: type[T], content: Any) -> T:
    """The content of a file as a value of type `kind`.

    Raises:
        Damaged: it is something else, or of a newer version of fpray.
    """
    schema = content.get("schema") if isinstance(content, Mapping) else None
    if type(schema) is int and schema > SCHEMA:
        newer = f"was written by a newer version of fpray (schema {schema}; this version reads up to {SCHEMA})"
        raise Damaged(path, f"{newer}: install a newer fpray to read it", cause=Cause.OTHER_VERSION)
    try:
        return typed(kind, content)
    except Misfit as misfit:
        first, *others = (f"{defect.path or 'it'} {defect.sentence}" for defect in misfit.defects)
        raise Damaged(path, f"is damaged: {first}", *others) from None
