"""The types of what a study file says: everything that is wrong with it at once; a generator of points is a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from fpray.errors import Cause, Problem, refuse_if_any
from fpray.files.typed import Misfit, typed
from fpray.protocol.python_value import python_value
from fpray.study.study import Study


def checked_study(study: Study, path: Path) -> Study:
    """The study of a file, with each value of its type.

    Raises:
        Refused: with every value that is of another type.
    """
    values, problems = {}, []
    for name, kind in _kinds(type(study)).items():
        try:
            values[name] = typed(kind, python_value(getattr(study, name)))
        except Misfit as misfit:
            for defect in misfit.defects:
                joint = "" if defect.path.startswith("[") or not defect.path else "."
                problems.append(Problem(f"{path}: {name}{joint}{defect.path}", defect.sentence, Cause.STUDY_FILE))
        except Exception as error:  # a generator of the file's own
            problems.append(Problem(f"{path}: {name}", f"raises {type(error).__name__}: {error}", Cause.STUDY_FILE))
    refuse_if_any(problems)
    return replace(study, **values)


def _kinds(kind: type[Study]) -> Mapping[str, Any]:
    """Attribute -> type, as the class of fpray's own states it."""
    own = next(base for base in kind.__mro__ if base.__module__.startswith("fpray."))
    hints = get_type_hints(own, include_extras=True)
    return {item.name: _of_several(hints[item.name]) for item in fields(own)}


def _of_several(hint: Any) -> Any:
    """The type of a list that may also be written as one text; of a function that may be missing, its rules alone."""
    plain, *rules = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    if get_origin(plain) not in (Union, UnionType):
        return hint
    lists = [kind for kind in get_args(plain) if get_origin(kind) is Sequence]
    return lists[0] if lists else Annotated[(Any, *rules)]
