"""A study in a Python file of the user, which is read once."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from fpray.errors import Cause, refuse
from fpray.study.study import Study
from fpray.study.study_types import checked_study


def is_study_file(name: str) -> bool:
    """Whether a word that names a study is a file, by how it ends."""
    return name.endswith(".py")


@dataclass(frozen=True)
class StudyFile:
    """A study file as it was when it was read.

    Attributes:
        code: the very bytes that were run: the file may change later.
    """

    path: Path
    code: bytes = field(repr=False)
    study: Study

    @property
    def sha256(self) -> str:
        """The hash of what was run."""
        return hashlib.sha256(self.code).hexdigest()


def load_study_file(path: Path) -> StudyFile:
    """The value `STUDY` of a user's Python file.

    Raises:
        Refused: no such file, it raises, or holds no study.
    """
    if not path.is_file():
        what = (
            "is not a file: name a Python file" if path.exists() else "this study file does not exist: correct the path"
        )
        raise refuse(str(path), what, Cause.STUDY_FILE)
    module = ModuleType(f"fpray_study_{path.stem}")
    module.__file__ = str(path)
    try:
        code = path.read_bytes()
        exec(compile(code, str(path), "exec", dont_inherit=True), vars(module))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # also SystemExit, and what test frameworks raise
        where = _line_of(error, path)
        raise refuse(
            str(path),
            "this Python file fails when it is loaded. Correct it; Python says:"
            f" {type(error).__name__}: {error}{where}",
            Cause.STUDY_FILE,
        ) from None
    study = getattr(module, "STUDY", None)
    if not isinstance(study, Study):
        raise refuse(
            str(path),
            f"this file has no study: write {_in_words()} in it",
            Cause.STUDY_FILE,
        )
    return StudyFile(path, code, checked_study(study, path))


def _in_words() -> str:
    """The assignments that a user may write: one for each kind of study that `fpray` offers, the plain one first.

    The package's face is asked and not imported: it is above every room.
    """
    face = sys.modules["fpray"]
    classes = [getattr(face, name) for name in face.__all__ if name[0].isupper()]
    kinds = sorted((kind for kind in classes if issubclass(kind, Study)), key=lambda kind: kind is not Study)
    return " or ".join(f"STUDY = fpray.{kind.__name__}(...)" for kind in kinds)


def _line_of(error: BaseException, path: Path) -> str:
    traceback, line = error.__traceback__, None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == str(path):
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return f" (line {line})" if line else ""
