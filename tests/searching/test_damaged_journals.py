"""A journal with any entry changed, doubled, moved or left out: the search goes on, or says what is wrong."""

from __future__ import annotations

import copy
import json
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fpray.errors import FprayError
from fpray.searching.file_names import OPTUNA_JOURNAL
from fpray.store.suite import Suite
from tests.searching.simulation import run_trials, search_request, search_suite, source_of

COUNT = int(os.environ.get("FPRAY_FUZZ", "20"))
ODD: tuple[Any, ...] = (None, 0, -1, 1, 7, 10**30, 1.5, float("nan"), "", "x", "1", [], [1], {}, {"a": 1}, True)


def _places(entry: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each value in an entry."""
    steps: Any = entry if isinstance(entry, dict) else range(len(entry)) if isinstance(entry, list) else ()
    for step in steps:
        yield (*above, step)
        yield from _places(entry[step], (*above, step))


def _change(entries: list[Any], chance: random.Random) -> None:
    first, second = chance.randrange(len(entries)), chance.randrange(len(entries))
    kind = chance.choice(["double", "leave out", "swap", "value", "value", "value", "value"])
    if kind == "double":
        entries.insert(second, copy.deepcopy(entries[first]))
    elif kind == "leave out":
        del entries[first]
    elif kind == "swap":
        entries[first], entries[second] = entries[second], entries[first]
    else:
        *above, last = chance.choice(list(_places(entries[first])))
        inner = entries[first]
        for step in above:
            inner = inner[step]
        if isinstance(inner, dict) and chance.random() < 0.3:
            del inner[last]
        else:
            inner[last] = chance.choice(ODD)


@pytest.mark.heavy
def test_a_search_goes_on_or_says_what_is_wrong(tmp_path: Path) -> None:
    seed = int(os.environ.get("FPRAY_TEST_SEED", random.SystemRandom().randrange(10**6)))
    chance, request = random.Random(seed), search_request(budget_trials=4, confirm=1)
    suite = search_suite(tmp_path, request)
    list(run_trials(source_of(suite, request), suite, most=2))
    source_of(Suite(suite.path), request).ask()  # and one that runs
    entries = [json.loads(line) for line in (suite.path / OPTUNA_JOURNAL).read_text().splitlines()]
    refused = 0
    for case in range(COUNT):
        changed = copy.deepcopy(entries)
        for _ in range(chance.choice([1, 1, 2])):
            _change(changed, chance)
        place = Path(shutil.copytree(suite.path, tmp_path / str(case) / suite.path.name))
        (place / OPTUNA_JOURNAL).write_text("".join(json.dumps(entry) + "\n" for entry in changed))
        try:
            source = source_of(Suite(place), request)
            list(run_trials(source, Suite(place)))
            source.close()
        except FprayError:
            refused += 1
        except Exception as error:
            raise AssertionError(f"FPRAY_TEST_SEED={seed}, case {case}: {changed}") from error
        shutil.rmtree(place)
    print(f"{refused} of {COUNT} journals were refused")
