"""The options of `fpray search`, each stated once; the study decides those that are not given."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from fpray.driver.option import Completion, Group, Option, named
from fpray.driver.option_checks import at_least
from fpray.driver.option_texts import PathText, Texts, as_list
from fpray.driver.options import BaseOptions
from fpray.driver.read_options import read_option
from fpray.driver.run_options import ONE_AT_A_TIME, RunOptions
from fpray.errors import Cause, Problem
from fpray.searching.search_study import Search
from fpray.searching.storage_url import JOURNAL, MEMORY, SQLITE, read_storage
from fpray.study.grid import key_values

_STUDY = named(BaseOptions, "study").option
SEEDS = 2**32  # Optuna's samplers accept seeds below this
LIMITS = ("budget_trials", "stop_at", "confirm")  # the study has them where the command does not


def _read_space(value: Mapping[str, Any] | Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
    return (dict(value), []) if isinstance(value, Mapping) else key_values("--space", value)


def _a_seed(value: int) -> str | None:
    return None if 0 <= value < SEEDS else f"must be between 0 and {SEEDS - 1}"


def _above_zero(value: float) -> str | None:
    return None if value > 0 and math.isfinite(value) else "must be above 0"


def _a_share(value: float) -> str | None:
    sentence = (
        "must be a share of the best result: write --stop-at 2% or --stop-at 0.02 (the search ends when a gain"
        " above this share is unlikely; 0% turns that off)"
    )
    return None if 0 <= value < 1 else sentence


def _any_run(value: int) -> str | None:
    return None if value >= 1 else "must be at least 1: it counts all runs of the best configuration, also the first"


def searched_and_set(values: Mapping[str, Any]) -> Iterator[Problem]:
    """`--space` beside `--set`: each parameter has values in one of them."""
    for key in values["space"]:
        if key in values["set"]:
            yield Problem(key, "has values in --space and in --set: remove it from one of the two", Cause.SPACE)


def _confirmed_in_budget(values: Mapping[str, Any]) -> Iterator[Problem]:
    """`--confirm` beside `--budget-trials`; with one of them alone, the study decides the other."""
    confirm, trials = values["confirm"], values["budget_trials"]
    if confirm is not None and trials is not None and confirm > max(trials, Search.confirm):
        yield Problem(
            f"--confirm {confirm}",
            f"is more than all trials of the search (--budget-trials {trials}): set --confirm to at most"
            f" {trials}, or --budget-trials to at least {confirm}",
            Cause.BUDGET,
        )


def _price_is_given(values: Mapping[str, Any]) -> Iterator[Problem]:
    if (dollars := values["budget_dollars"]) is not None and values["price_per_machine_hour"] is None:
        message = (
            "needs the price of your machines, which fpray does not know: add --price-per-machine-hour,"
            " such as --price-per-machine-hour 0.5"
        )
        yield Problem(f"--budget-dollars {dollars:g}", message, Cause.BUDGET)


def _price_is_used(values: Mapping[str, Any]) -> Iterator[Problem]:
    if (price := values["price_per_machine_hour"]) is not None and values["budget_dollars"] is None:
        yield Problem(
            f"--price-per-machine-hour {price:g}",
            "has no effect without --budget-dollars: remove it, or add --budget-dollars, such as --budget-dollars 5",
            Cause.BUDGET,
        )


class SearchOptions(BaseOptions, RunOptions, total=False):
    """The options of `fpray search` and `fpray.search`."""

    study: Annotated[PathText, replace(_STUDY, help=f"{_STUDY.help}; a search starts at its first point")]

    maximize: Annotated[
        Texts, Option("maximize this column of the results", Group.GOAL, (), metavar="COLUMN", read=as_list)
    ]
    minimize: Annotated[
        Texts,
        Option(
            "minimize this column of the results; several goals give a Pareto front",
            Group.GOAL,
            (),
            metavar="COLUMN",
            read=as_list,
        ),
    ]
    subject_to: Annotated[
        Texts,
        Option(
            "accept only configurations within this bound (<= or >=); several bounds are possible",
            Group.GOAL,
            (),
            metavar="'COLUMN<=N'",
            read=as_list,
        ),
    ]
    space: Annotated[
        Mapping[str, Any],
        Option(
            "search these values of a parameter: LOW..HIGH, LOW..HIGH:log, LOW..HIGH:step=N, or V1,V2,V3",
            Group.GOAL,
            {},
            completion=Completion.PARAMETERS,
            metavar="KEY=LOW..HIGH",
            read=_read_space,
            conflicts=searched_and_set,
        ),
    ]
    sampler: Annotated[
        str,
        Option(
            "choose configurations with this sampler: ours (of fpray), or one of Optuna's: tpe, gp, random, grid, ...",
            Group.GOAL,
            "ours",
            metavar="NAME",
        ),
    ]
    storage: Annotated[
        str | None,
        Option(
            f"store the Optuna study here: {JOURNAL}, {SQLITE}, {MEMORY}, or the URL of a database",
            Group.GOAL,
            default_words=JOURNAL,
            metavar="WHERE",
            read=read_storage,
        ),
    ]
    stop_at: Annotated[
        float | None,
        Option(
            "end the search when a gain above this share is unlikely",
            Group.GOAL,
            default_words=f"{100 * Search.stop_at:g}%",
            metavar="SHARE",
            percent=True,
            check=_a_share,
        ),
    ]
    confirm: Annotated[
        int | None,
        Option(
            "run the best configuration at least N times",
            Group.GOAL,
            default_words=str(Search.confirm),
            metavar="N",
            check=_any_run,
            conflicts=_confirmed_in_budget,
        ),
    ]
    budget_trials: Annotated[
        int | None,
        Option(
            "run at most N trials",
            Group.GOAL,
            default_words=str(Search.budget_trials),
            metavar="N",
            check=at_least(1),
        ),
    ]
    budget_minutes: Annotated[
        float | None, Option("run trials for at most M minutes", Group.GOAL, metavar="M", check=_above_zero)
    ]
    budget_dollars: Annotated[
        float | None,
        Option(
            "spend at most D dollars on machines",
            Group.GOAL,
            metavar="D",
            check=_above_zero,
            conflicts=_price_is_given,
        ),
    ]
    price_per_machine_hour: Annotated[
        float | None,
        Option(
            "state the price of one machine for one hour, in dollars, for --budget-dollars",
            Group.GOAL,
            metavar="D",
            check=_above_zero,
            conflicts=_price_is_used,
        ),
    ]
    seed: Annotated[
        int | None, Option("set the seed of the sampler", Group.GOAL, default_words="a random seed", check=_a_seed)
    ]
    parallel: Annotated[int | None, ONE_AT_A_TIME]


def flag(name: str) -> str:
    """How messages name an option of a search."""
    return named(SearchOptions, name).flag


def limit_problems(study: Search) -> list[Problem]:
    """What is wrong with the limits of a search, whether its study states them or the command: what its options say."""
    items, limits = [named(SearchOptions, name) for name in LIMITS], {name: getattr(study, name) for name in LIMITS}
    problems = [problem for item in items for problem in read_option(item, limits[item.name])[1]]
    for item in items:
        if item.option.conflicts is not None:
            problems += item.option.conflicts(limits)
    return problems
