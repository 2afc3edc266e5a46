"""The options of `fpray search`, each stated once; the study decides those that are not given."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from fpray.driver.option import Option
from fpray.driver.option_texts import as_list
from fpray.driver.options import ONE_AT_A_TIME, BaseOptions, RunOptions, Texts
from fpray.errors import Cause, Problem
from fpray.searching.storage_url import read_storage
from fpray.study.grid import key_values
from fpray.study.search_study import Search

SEEDS = 2**32  # Optuna's samplers accept seeds below this


def _read_space(value: Mapping[str, Any] | Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
    return (dict(value), []) if isinstance(value, Mapping) else key_values("--space", value)


def _a_seed(value: int) -> str | None:
    return None if 0 <= value < SEEDS else f"must be between 0 and {SEEDS - 1}"


def _above_zero(value: float) -> str | None:
    return None if value > 0 and math.isfinite(value) else "must be above 0"


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

    maximize: Annotated[Texts, Option("a column of the results to maximize", (), metavar="COLUMN", read=as_list)]
    minimize: Annotated[
        Texts, Option("a column to minimize; several goals give a Pareto front", (), metavar="COLUMN", read=as_list)
    ]
    subject_to: Annotated[
        Texts, Option("a bound (or >=); several may be given", (), metavar="'COLUMN<=N'", read=as_list)
    ]
    space: Annotated[
        Mapping[str, Any],
        Option("LOW..HIGH[:log|:step=N], or V1,V2,V3", {}, metavar="KEY=LOW..HIGH", read=_read_space),
    ]
    sampler: Annotated[str, Option("ours, or one of Optuna's: tpe, gp, random, grid, ...", "ours", metavar="NAME")]
    storage: Annotated[
        str | None,
        Option(
            "where the Optuna study is kept: journal, sqlite, memory or a database URL  [default: journal]",
            metavar="WHERE",
            read=read_storage,
        ),
    ]
    stop_at: Annotated[
        float | None,
        Option(
            f"end when no larger gain is likely  [default: {100 * Search.stop_at:g}%]", metavar="SHARE", percent=True
        ),
    ]
    confirm: Annotated[
        int | None, Option(f"run the best configuration at least N times  [default: {Search.confirm}]", metavar="N")
    ]
    budget_trials: Annotated[
        int | None, Option(f"run at most N trials  [default: {Search.budget_trials}]", metavar="N")
    ]
    budget_minutes: Annotated[float | None, Option("run trials for at most M minutes", metavar="M", check=_above_zero)]
    budget_dollars: Annotated[
        float | None,
        Option("spend at most D dollars on machines", metavar="D", check=_above_zero, conflicts=_price_is_given),
    ]
    price_per_machine_hour: Annotated[
        float | None,
        Option("the price used for --budget-dollars", metavar="D", check=_above_zero, conflicts=_price_is_used),
    ]
    seed: Annotated[int | None, Option("seed of the sampler  [default: a new one]", check=_a_seed)]
    parallel: Annotated[int | None, ONE_AT_A_TIME]
