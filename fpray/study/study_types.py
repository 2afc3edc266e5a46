"""The types of what a study file says: everything that is wrong with it at once; a generator of points is a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from fpray.errors import Cause, Problem, refuse_if_any
from fpray.files.shown import shown
from fpray.files.typed import Misfit, between, typed
from fpray.protocol.python_value import python_value
from fpray.study.study import MOST_TRIALS, Study

_COUNT = Annotated[int, between(1, MOST_TRIALS)]
# Of a study, and of a search beside; what the command line says again is checked with its options.
_KINDS: Mapping[str, Any] = {
    "name": str,
    "protocol": str,
    "base": dict[str, Any],
    "points": list[dict[str, Any]],
    "repeat": _COUNT,
    "summary": list[str],
    "about": str,
    "regions": dict[str, Annotated[int, between(1, 1000)]],
    "maximize": list[str],
    "minimize": list[str],
    "subject_to": list[str],
    "space": dict[str, Any],
    "budget_trials": int,
    "stop_at": float,
    "confirm": int,
}


def checked_study(study: Study, path: Path) -> Study:
    """The study of a file, with each value of its type.

    Raises:
        Refused: with every value that is of another type.
    """
    values, problems = {}, []
    for name in (name for name in _KINDS if hasattr(study, name)):
        try:
            values[name] = typed(_KINDS[name], python_value(getattr(study, name)))
        except Misfit as misfit:
            for fault in misfit.faults:
                joint = "" if fault.path.startswith("[") or not fault.path else "."
                problems.append(Problem(f"{path}: {name}{joint}{fault.path}", fault.sentence, Cause.STUDY_FILE))
        except Exception as error:  # a generator of the file's own
            problems.append(Problem(f"{path}: {name}", f"raises {type(error).__name__}: {error}", Cause.STUDY_FILE))
    suggest = getattr(study, "suggest", None)
    if suggest is not None and not callable(suggest):
        problems.append(
            Problem(
                f"{path}: suggest", f"must be a function of an Optuna trial, not {shown(suggest)}", Cause.STUDY_FILE
            )
        )
    refuse_if_any(problems)
    values["summary"] = tuple(values["summary"])
    return replace(study, **values)
