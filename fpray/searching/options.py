"""The options of `fpray search`, each stated once; the study decides those that are not given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fpray.driver.option import Option
from fpray.driver.option_texts import listed
from fpray.driver.options import ONE_AT_A_TIME, BaseOptions, RunOptions, Texts
from fpray.errors import Problem
from fpray.searching.storage_url import read_storage
from fpray.study.grid import key_values


def _read_list(value: Texts) -> tuple[Sequence[str], Sequence[Problem]]:
    return tuple(listed(value)), ()


def _read_space(value: Mapping[str, Any] | Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
    return (dict(value), []) if isinstance(value, Mapping) else key_values("--space", value)


class SearchOptions(BaseOptions, RunOptions, total=False):
    """The options of `fpray search` and `fpray.search`."""

    maximize: Annotated[Texts, Option("a column of the results to maximize", (), metavar="COLUMN", read=_read_list)]
    minimize: Annotated[
        Texts, Option("a column to minimize; several goals give a Pareto front", (), metavar="COLUMN", read=_read_list)
    ]
    subject_to: Annotated[
        Texts, Option("a bound (or >=); several may be given", (), metavar="'COLUMN<=N'", read=_read_list)
    ]
    space: Annotated[
        Mapping[str, Any],
        Option("LOW..HIGH[:log|:step=N], or V1,V2,V3", {}, metavar="KEY=LOW..HIGH", read=_read_space),
    ]
    sampler: Annotated[str, Option("or Optuna's: tpe, gp, ...", "ours", metavar="NAME")]
    storage: Annotated[
        str | None,
        Option(
            "of the Optuna study: journal, sqlite, memory, or a database URL  [default: journal]",
            metavar="WHERE",
            read=read_storage,
        ),
    ]
    stop_at: Annotated[
        float | None,
        Option("end when no larger gain is likely  [default: 2%]", metavar="SHARE", percent=True),
    ]
    confirm: Annotated[int | None, Option("runs of the best configuration  [default: 3]", metavar="N")]
    budget_trials: Annotated[int | None, Option("run at most N trials  [default: 50]", metavar="N")]
    budget_minutes: Annotated[float | None, Option("run trials for at most M minutes", metavar="M")]
    budget_dollars: Annotated[float | None, Option("spend at most D dollars on machines", metavar="D")]
    price_per_machine_hour: Annotated[float | None, Option("the price used for --budget-dollars", metavar="D")]
    seed: Annotated[int | None, Option("seed of the sampler  [default: a new one]")]
    parallel: Annotated[int | None, ONE_AT_A_TIME]
