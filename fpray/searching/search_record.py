"""What `suite.json` records about a search, and whether a command continues that search."""

from __future__ import annotations

import secrets
from typing import Any

from fpray.errors import Cause, Problem, refuse_if_any
from fpray.files.secret import Secret
from fpray.protocol.values import to_json
from fpray.searching.options import SEEDS, flag
from fpray.searching.problem import SearchProblem
from fpray.searching.space import in_words
from fpray.searching.storage_url import JOURNAL, storage_problems
from fpray.searching.suite_entries import SearchWords

_OPTIONS = {"goals": "maximize", "bounds": "subject_to", "space": "space", "sampler": "sampler"}  # entry -> option


def search_record(problem: SearchProblem) -> SearchWords:
    """The entry `search` of a new suite.

    It records a seed even if the user gave none, so that the same command continues with the same one.
    """
    return {
        "goals": [str(goal) for goal in problem.goals],
        "bounds": [str(bound) for bound in problem.bounds],
        "space": {key: in_words(distribution) for key, distribution in (problem.space or {}).items()},
        "start": to_json(problem.start),
        "sampler": problem.sampler,
        "seed": secrets.randbelow(SEEDS) if problem.seed is None else problem.seed,
        "storage": str(problem.storage or JOURNAL),
    }


def check_same_search(record: SearchWords, problem: SearchProblem) -> None:
    """Check that a command asks for the search that a suite has recorded.

    Raises:
        Refused: it has another goal, bound, space, sampler, starting point or storage.
    """
    now, before = dict[str, Any](search_record(problem)), dict[str, Any](record)
    problems = [
        Problem(
            flag(option),
            f"is {_words(now[key])} now, but was {_words(before[key])} when this search began: use the old"
            " value to continue that search, or add --new to start another (the old results are kept)",
            Cause.OTHER_REQUEST,
        )
        for key, option in _OPTIONS.items()
        if now[key] != before[key]
    ]
    # The Optuna study does not record what else its trials were run with: they would count as repeats of one point.
    start = record.get("start", now["start"])
    problems += [
        Problem(
            f"{key}={now['start'].get(key)}",
            f"is the value of this command, but the search began with {key}={start.get(key)}: to continue it, use the"
            f" old value (--set {key}={start.get(key)}); to start another, add --new (the old results are kept)",
            Cause.OTHER_REQUEST,
        )
        for key in {**start, **now["start"]}
        if start.get(key) != now["start"].get(key)
    ]
    if problem.storage is not None and str(problem.storage) != record["storage"]:
        problems.append(
            Problem(
                f"{flag('storage')} {problem.storage}",
                f"this search was started with --storage {record['storage']}: remove --storage to continue it, or"
                " add --new to start another search (the old results are kept)",
                Cause.OTHER_REQUEST,
            )
        )
    refuse_if_any([*problems, *storage_problems(problem.storage or Secret(record["storage"]))])


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={dimension}" for key, dimension in value.items()) or "none"
    return value if isinstance(value, str) else ", ".join(map(str, value)) or "none"
