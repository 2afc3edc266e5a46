"""`answer.json` in the suite: what a search knows so far, for readers while it runs and after a kill."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fpray.files.atomic import write_json
from fpray.searching.file_names import ANSWER
from fpray.searching.messages import sentences
from fpray.searching.problem import SearchProblem
from fpray.searching.recommendation import Recommendation


def write_recommendation(
    suite: Path, problem: SearchProblem, recommendation: Recommendation, why_ended: str, remaining: int
) -> Sequence[str]:
    """Write the recommendation so far, and return its sentences."""
    content = recommendation_json(problem, recommendation, why_ended, remaining)
    with contextlib.suppress(OSError):  # a full disk: it is made of outcomes, which are on disk
        write_json(suite / ANSWER, content)
    lines: Sequence[str] = content["sentences"]
    return lines


def recommendation_json(
    problem: SearchProblem, recommendation: Recommendation, why_ended: str, remaining: int
) -> dict[str, Any]:
    """The content of `answer.json`: the sentences, and everything they are made of; null if it is unknown."""
    content: dict[str, Any] = {
        "sentences": list(sentences(problem, recommendation, why_ended, remaining)),
        "goals": [str(goal) for goal in problem.goals],
        "bounds": [str(bound) for bound in problem.bounds],
        "ended": why_ended,
    }
    content |= _plain(dataclasses.asdict(recommendation)) | {"feasible": recommendation.feasible}
    return content


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
