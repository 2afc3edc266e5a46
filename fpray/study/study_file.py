"""A study in a Python file of the user."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from fpray.errors import Cause, refuse
from fpray.study.study import Study
from fpray.study.study_types import checked_study


def is_study_file(name: str) -> bool:
    """Whether a word that names a study is a file, by how it ends."""
    return name.endswith(".py")


def load_study_file(path: Path) -> Study:
    """The value `STUDY` of a user's Python file.

    Raises:
        Refused: no such file, it raises, or holds no study.
    """
    spec = importlib.util.spec_from_file_location(f"fpray_study_{path.stem}", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise refuse(str(path), "this study file does not exist: correct the path", Cause.STUDY_FILE)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
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
            "this file has no study: write STUDY = fpray.Study(...) or STUDY = fpray.Search(...) in it",
            Cause.STUDY_FILE,
        )
    return checked_study(study, path)


def _line_of(error: BaseException, path: Path) -> str:
    traceback, line = error.__traceback__, None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == str(path):
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return f" (line {line})" if line else ""
